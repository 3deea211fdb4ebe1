using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets tasks: all, or some by number, name or machine.</summary>
[Cmdlet(VerbsCommon.Get, "CrTask", DefaultParameterSetName = "All"), OutputType(typeof(CrTask), typeof(CrImageTask), typeof(CrTaskNode))]
public sealed class GetCrTaskCommand : CrCommand
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = TaskCommand.IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public int[]? Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = TaskCommand.NameSet)]
    [Alias("TaskName")]
    [ArgumentCompleter(typeof(TaskNameCompleter))]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Machine")]
    [ValidateNotNullOrEmpty]
    public CrMachine[]? Machine { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "MachineId")]
    [ArgumentCompleter(typeof(MachineIdCompleter))]
    public int[]? MachineId { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = TaskCommand.PropertySet, DontShow = true)]
    public int CrTaskId { get; set; }

    /// <summary>Checkpoints, whose tasks are listed.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InspectCommand.CheckpointSet)]
    [ValidateNotNullOrEmpty]
    public CrCheckpoint[]? Checkpoint { get; set; }

    /// <summary>As trees of processes, those found with all that stand below them.</summary>
    [Parameter]
    public SwitchParameter Tree { get; set; }

    protected override void ProcessRecord()
    {
        if (Checkpoint is not null)
        {
            foreach (var checkpoint in Checkpoint) WriteObject(Tree ? CrTaskNode.Of(checkpoint) : checkpoint.Tasks, enumerateCollection: true);
            return;
        }
        var found = ParameterSetName switch
        {
            TaskCommand.IdSet => TaskFinder.ById(this, Id!),
            TaskCommand.NameSet => TaskFinder.ByName(this, Name!),
            TaskCommand.PropertySet => TaskFinder.ById(this, [CrTaskId]),
            "Machine" => Registry.Tasks().Where(task => Machine!.Contains(task.Machine)),
            "MachineId" => Registry.Tasks().Where(task => MachineId!.Contains(task.MachineId)),
            _ => Registry.Tasks(),
        };
        WriteObject(Tree ? CrTaskNode.Of(found, Registry.Tasks()) : found, enumerateCollection: true);
    }
}
