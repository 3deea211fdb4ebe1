using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Lets frozen tasks go on.</summary>
[Cmdlet(VerbsLifecycle.Resume, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrTask))]
public sealed class ResumeCrTaskCommand : TaskCommand
{
    protected override void Process(CrTask task)
    {
        if (!ShouldProcess(task.Label, "Thaw")) return;
        Lifecycle.RequireAlive(task);
        task.Machine.Kernel.Thaw(task.Task);
        WriteObject(task);
    }
}
