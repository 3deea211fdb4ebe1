using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Freezes tasks between two instructions.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrTask))]
public sealed class SuspendCrTaskCommand : TaskCommand
{
    protected override void Process(CrTask task)
    {
        if (!ShouldProcess(task.Label, "Freeze")) return;
        Lifecycle.RequireAlive(task);
        task.Machine.Kernel.Freeze(task.Task);
        WriteObject(task);
    }
}
