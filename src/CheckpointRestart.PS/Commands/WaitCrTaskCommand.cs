using System.Management.Automation;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Waits until tasks have ended, or wait for input, or runs a machine to an exact instruction.</summary>
[Cmdlet(VerbsLifecycle.Wait, "CrTask", DefaultParameterSetName = TaskSet), OutputType(typeof(CrTask))]
public sealed class WaitCrTaskCommand : TaskCommand, IJobCommand
{
    /// <summary>Seconds for all tasks together.</summary>
    [Parameter]
    [ValidateRange(0d, 2_000_000d)]
    public double Timeout { get; set; } = -1;

    /// <summary>The machine's instruction count at which it is frozen.</summary>
    [Parameter]
    public ulong Instruction { get; set; }

    /// <summary>Waits until the programs have taken all input and wait for more.</summary>
    [Parameter]
    public SwitchParameter ForInput { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    readonly long begun = Environment.TickCount64;

    protected override void Process(CrTask task)
    {
        if (ForInput) WaitForInput(task);
        else if (MyInvocation.BoundParameters.ContainsKey(nameof(Instruction))) RunTo(task);
        else WaitForEnd(task);
        WriteObject(task);
    }

    void WaitForEnd(CrTask task)
    {
        if (task.HasExited) return;
        Lifecycle.RequireMemory(task);
        if (task.State == CrTaskState.Frozen) throw Frozen(task, "end");
        if (task.Machine.Kernel.WaitForExit(task.Task, Left(), Cancellation) || task.HasExited) return;
        Lifecycle.RequireMemory(task);
        throw TimedOut(task, "has not ended");
    }

    void WaitForInput(CrTask task)
    {
        Lifecycle.RequireAlive(task);
        if (task.Machine.Kernel.WaitForInput(task.Task, Left(), Cancellation)) return;
        Lifecycle.RequireMemory(task);
        if (task.HasExited) throw new CrException("TaskEnded", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} ended without waiting for input.", "Receive-CrTask has its output.");
        if (task.State == CrTaskState.Frozen) throw Frozen(task, "wait for input");
        throw TimedOut(task, "does not wait for input");
    }

    void RunTo(CrTask task)
    {
        Lifecycle.RequireAlive(task);
        var machine = task.Machine.Kernel;
        if (machine.RetiredInstructions > Instruction) throw Past(task);
        bool wasFrozen = task.State == CrTaskState.Frozen;
        try
        {
            if (!machine.RunTo(Instruction, task: task.Task, timeout: Left(), token: Cancellation))
            {
                if (task.HasExited)
                    throw new CrException("TaskEnded", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} ended at instruction {machine.RetiredInstructions}, before instruction {Instruction}.", "Give a smaller count.");
                throw TimedOut(task, $"is at instruction {machine.RetiredInstructions}, not yet at {Instruction}");
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Past(task);
        }
        catch (LostPagesException)
        {
            Lifecycle.RequireMemory(task);
            throw;
        }
        catch (Exception exception) when (exception is CrException { ErrorId: "WaitTimedOut" } or OperationCanceledException)
        {
            if (wasFrozen && !task.HasExited) machine.Freeze(task.Task);
            throw;
        }
    }

    TimeSpan Left() => Timeout < 0 ? System.Threading.Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(1, Timeout * 1000 - (Environment.TickCount64 - begun)));

    static CrException Frozen(CrTask task, string what) => new("TaskFrozen", ErrorCategory.InvalidOperation, $"{Lifecycle.Sentence(task.Label)} is frozen: it would never {what}.", "Resume-CrTask lets it go on.");

    CrException Past(CrTask task) => new("InstructionPassed", ErrorCategory.InvalidArgument, $"The machine of {task.Label} is at instruction {task.Machine.Instructions}: {Instruction} is past.", "Restore an earlier checkpoint to get there.");

    static CrException TimedOut(CrTask task, string what) => new("WaitTimedOut", ErrorCategory.OperationTimeout, $"{Lifecycle.Sentence(task.Label)} {what} within the time.", "Wait longer, or look with Get-CrTask what it does.");
}
