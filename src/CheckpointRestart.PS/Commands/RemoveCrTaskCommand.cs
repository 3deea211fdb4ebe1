using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Forgets tasks that have ended, and ends those that have not with -Force. A machine goes with the last task that a cmdlet started in it.</summary>
[Cmdlet(VerbsCommon.Remove, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(void))]
public sealed class RemoveCrTaskCommand : TaskCommand
{
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void Process(CrTask task)
    {
        if (!ShouldProcess(task.Label, "Remove")) return;
        if (!task.HasExited)
        {
            if (!Force) throw new CrException("TaskAlive", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} has not ended.", "Stop-CrTask ends it; -Force ends and removes it.");
            Lifecycle.Stop(task);
        }
        Registry.Remove(task);
    }
}
