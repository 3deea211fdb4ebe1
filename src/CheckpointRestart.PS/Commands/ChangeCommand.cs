using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that changes something inside frozen tasks, or makes changed images of images. What is asked for is understood first; one bad task or image
/// does not stop the others.</summary>
public abstract partial class ChangeCommand : ImageTargetCommand
{
    /// <summary>Gives the task.</summary>
    [Parameter(ParameterSetName = TaskSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = PropertySet)]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What is done, as -WhatIf says it.</summary>
    protected abstract string Action { get; }

    /// <summary>The change to a task.</summary>
    private protected abstract StateChange ChangeOf(int pid);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Targets is { } tasks) Change(tasks);
        else ChangeImages();
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
