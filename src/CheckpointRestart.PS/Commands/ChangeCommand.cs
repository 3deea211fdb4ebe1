using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that changes something inside frozen tasks. What is asked for is understood first; one bad task does not stop the others.</summary>
public abstract class ChangeCommand : CrCommand
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = TaskCommand.TaskSet)]
    [ValidateNotNullOrEmpty]
    public CrTask[]? Task { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = TaskCommand.IdSet)]
    [ArgumentCompleter(typeof(TaskIdCompleter))]
    public int[]? Id { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = TaskCommand.PropertySet, DontShow = true)]
    public int CrTaskId { get; set; }

    /// <summary>Gives the task.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What is done, as -WhatIf says it.</summary>
    protected abstract string Action { get; }

    /// <summary>Does it to a task that is frozen.</summary>
    protected abstract void Change(CrTask task);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var tasks = ParameterSetName switch
        {
            TaskCommand.IdSet => TaskFinder.ById(this, Id!),
            TaskCommand.PropertySet => TaskFinder.ById(this, [CrTaskId]),
            _ => Task!,
        };
        foreach (var task in tasks)
            Try(task, () =>
            {
                Lifecycle.RequireFrozen(task);
                if (!ShouldProcess(task.Label, Action)) return;
                Change(task);
                if (PassThru) WriteObject(task);
            });
    }
}
