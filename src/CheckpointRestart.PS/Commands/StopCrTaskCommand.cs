using System.Management.Automation;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Ends tasks, and all of a machine with its first one, or sends them a signal.</summary>
[Cmdlet(VerbsLifecycle.Stop, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrTask))]
public sealed class StopCrTaskCommand : TaskCommand
{
    [Parameter]
    [SignalTransformation]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string Signal { get; set; } = nameof(Core.Kernel.Signal.SIGKILL);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process(CrTask task)
    {
        bool kills = Signal == nameof(Core.Kernel.Signal.SIGKILL);
        if (!ShouldProcess(task.Label, kills && task.IsFirst ? $"Send {Signal}, and to all of {task.Machine}" : $"Send {Signal}")) return;
        if (kills) Lifecycle.Stop(task);
        else if (!task.HasExited) task.Machine.Kernel.SendSignal(task.Task, SignalName.Parse(Signal)!.Value);
        if (PassThru) WriteObject(task);
    }
}
