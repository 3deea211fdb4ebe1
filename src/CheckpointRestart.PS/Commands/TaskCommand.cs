using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that works on tasks. One bad task does not stop the others.</summary>
public abstract class TaskCommand : TargetCommand
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = TaskSet)]
    [ValidateNotNullOrEmpty]
    public override CrTask[]? Task { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public override int[]? Id { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var task in Targets!) Try(task, () => Process(task));
    }

    /// <summary>Works on one task.</summary>
    protected abstract void Process(CrTask task);
}
