using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that changes something inside frozen tasks, or makes changed images of images. What is asked for is understood first; one bad task or image
/// does not stop the others.</summary>
public abstract partial class ChangeCommand : OpeningCommand
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
    [Parameter(ParameterSetName = TaskCommand.TaskSet)]
    [Parameter(ParameterSetName = TaskCommand.IdSet)]
    [Parameter(ParameterSetName = TaskCommand.PropertySet)]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What is done, as -WhatIf says it.</summary>
    protected abstract string Action { get; }

    /// <summary>The change to a task.</summary>
    private protected abstract StateChange ChangeOf(int pid);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case TaskCommand.TaskSet: Change(Task!); break;
            case TaskCommand.IdSet: Change(TaskFinder.ById(this, Id!)); break;
            case TaskCommand.PropertySet: Change(TaskFinder.ById(this, [CrTaskId])); break;
            default: ChangeImages(); break;
        }
    }

    void Change(IEnumerable<CrTask> tasks)
    {
        foreach (var task in tasks)
            Try(task, () =>
            {
                Lifecycle.RequireFrozen(task);
                if (!ShouldProcess(task.Label, Action)) return;
                LiveEditor.Apply(task.Task, ChangeOf(task.Task.Pid));
                if (PassThru) WriteObject(task);
            });
    }
}
