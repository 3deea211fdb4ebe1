using System.Management.Automation;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Ends tasks with a signal.</summary>
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
        if (!ShouldProcess(task.Label, $"Send {Signal}")) return;
        if (!task.HasExited)
        {
            var signal = SignalName.Parse(Signal)!.Value;
            if (signal == Core.Kernel.Signal.SIGKILL) Lifecycle.Kill(task, Cancellation);
            else task.Machine.Kernel.SendSignal(task.Task, signal);
        }
        if (PassThru) WriteObject(task);
    }
}
