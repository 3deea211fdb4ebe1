using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Lets frozen tasks go on by single instructions, over calls, or to a place.</summary>
[Cmdlet(VerbsCommon.Step, "CrTask", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrInstruction), typeof(CrTask))]
public sealed class StepCrTaskCommand : TaskCommand
{
    /// <summary>Steps; with -Until arrivals.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = 1;

    [Parameter]
    public SwitchParameter Over { get; set; }

    /// <summary>An address, a symbol, or a symbol with an offset.</summary>
    [Parameter]
    [CodeAddressTransformation]
    [ArgumentCompleter(typeof(SymbolCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Until { get; set; }

    /// <summary>Seconds for all tasks together.</summary>
    [Parameter]
    [ValidateRange(0d, 2_000_000d)]
    public double Timeout { get; set; } = -1;

    /// <summary>The task instead of its next instruction.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    readonly long begun = Environment.TickCount64;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Over && Until is not null)
            Fail(new CrException("OverAndUntil", ErrorCategory.InvalidArgument, "A run to a place steps over everything on the way.", "Give -Over or -Until."), Until);
    }

    protected override void Process(CrTask task)
    {
        if (!ShouldProcess(task.Label, Action())) return;
        Lifecycle.RequireFrozen(task);
        uint? address = Until is null ? null : Resolve(task, Until);
        ulong before = task.Instructions;
        long done = 0;
        var end = StepEnd.Reached;
        if (address is null && !Over)
        {
            end = task.Machine.Kernel.StepTask(task.Task, StepGoal.Count((ulong)Count), Left(), Cancellation);
            done = (long)(task.Instructions - before);
        }
        else
        {
            for (; done < Count && end == StepEnd.Reached && !(task.HasExited && done > 0); done += end == StepEnd.Reached ? 1 : 0)
                end = address is { } place ? task.Machine.Kernel.StepTask(task.Task, StepGoal.At(place), Left(), Cancellation) : task.Machine.Kernel.StepOver(task.Task, Left(), Cancellation);
        }
        if (end != StepEnd.Reached || done < Count) throw NotDone(task, end, done);
        Show(task);
    }

    string Action() =>
        Until is not null ? $"Run until {Until}"
        : string.Create(CultureInfo.InvariantCulture, $"Step {(Over ? "over " : "")}{Count} {(Count == 1 ? "instruction" : "instructions")}");

    void Show(CrTask task)
    {
        if (task.HasExited) WriteWarning($"{Lifecycle.Sentence(task.Label)} has ended with exit code {task.ExitCode}.");
        if (PassThru) WriteObject(task);
        else if (!task.HasExited)
        {
            using var code = task.Subject.Code(null);
            WriteObject(code.At(code.Next));
        }
    }

    static uint Resolve(CrTask task, string place)
    {
        using var code = task.Subject.Code(null);
        return code.Resolve(place);
    }

    CrException NotDone(CrTask task, StepEnd end, long done)
    {
        Lifecycle.RequireNotFailed(task);
        string steps = Until is null ? string.Create(CultureInfo.InvariantCulture, $"after {done} of {Count} steps") : $"before {Until}";
        return end switch
        {
            StepEnd.Waits => new CrException("TaskWaits", ErrorCategory.ResourceUnavailable, $"{Lifecycle.Sentence(task.Label)} {Waiting(task)}, {steps}, and nothing in its machine will wake it.", "Send-CrTask gives it input, Send-CrTask -Signal a signal; then step on."),
            StepEnd.TimedOut => new CrException("StepTimedOut", ErrorCategory.OperationTimeout, $"The time is over {steps} of {task.Label}. It is frozen where it is.", "Give a longer -Timeout, and step on."),
            _ => new CrException("TaskEnded", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} has ended with exit code {task.ExitCode}, {steps}.", "Restore an earlier checkpoint to see how it got there."),
        };
    }

    static string Waiting(CrTask task) => task.WaitReason is { } reason ? $"waits in {reason}" : "is stopped by a signal";

    TimeSpan Left() => Timeout < 0 ? System.Threading.Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(1, Timeout * 1000 - (Environment.TickCount64 - begun)));
}
