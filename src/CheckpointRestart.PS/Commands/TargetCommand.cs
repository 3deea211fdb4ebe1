using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that takes tasks: as objects, by number, by name, or as objects that have a task's number.</summary>
public abstract class TargetCommand : CrCommand
{
    internal const string TaskSet = "Task", IdSet = "Id", NameSet = "Name", PropertySet = "Property";

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = TaskSet)]
    [ValidateNotNullOrEmpty]
    public virtual CrTask[]? Task { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public virtual int[]? Id { get; set; }

    /// <summary>The names of tasks. A cmdlet that has another use for -Name hides this and has -TaskName instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [Alias("TaskName")]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>A property of piped objects; a name of its own, because many objects have an Id.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PropertySet, DontShow = true)]
    public int CrTaskId { get; set; }

    /// <summary>The tasks that this record names; what is not there becomes an error record. Null when it names something else than tasks.</summary>
    private protected IEnumerable<CrTask>? Targets => ParameterSetName switch
    {
        TaskSet => Task!,
        IdSet => TaskFinder.ById(this, Id!),
        NameSet => TaskFinder.ByName(this, Name!),
        PropertySet => TaskFinder.ById(this, [CrTaskId]),
        _ => null,
    };
}
