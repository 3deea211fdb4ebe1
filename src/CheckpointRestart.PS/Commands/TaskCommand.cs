using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that works on tasks: given as objects, by number or by name. One bad task does not stop the others.</summary>
public abstract class TaskCommand : CrCommand
{
    internal const string TaskSet = "Task", IdSet = "Id", NameSet = "Name", PropertySet = "Property";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = TaskSet)]
    [ValidateNotNullOrEmpty]
    public CrTask[]? Task { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public int[]? Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>A property of piped objects; a name of its own, because many objects have an Id.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PropertySet, DontShow = true)]
    public int CrTaskId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var task in Targets()) Try(task, () => Process(task));
    }

    /// <summary>Works on one task.</summary>
    protected abstract void Process(CrTask task);

    IEnumerable<CrTask> Targets() => ParameterSetName switch
    {
        IdSet => TaskFinder.ById(this, Id!),
        NameSet => TaskFinder.ByName(this, Name!),
        PropertySet => TaskFinder.ById(this, [CrTaskId]),
        _ => Task!,
    };
}
