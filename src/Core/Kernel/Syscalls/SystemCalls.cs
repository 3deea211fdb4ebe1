using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Kernel.Seccomp;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>The way into the kernel and out again.</summary>
internal static class SystemCalls
{
    /// <summary>INT 80h or SYSENTER was retired.</summary>
    public static void Enter(Task task, in Trap trap)
    {
        var registers = task.Registers!;
        task.SystemCallCount++;
        CallArguments arguments = default;
        arguments[0] = registers.Ebx;
        arguments[1] = registers.Ecx;
        arguments[2] = registers.Edx;
        arguments[3] = registers.Esi;
        arguments[4] = registers.Edi;
        arguments[5] = registers.Ebp;
        if (trap.Vector == Trap.SysEnter && !EnterFast(task, registers, ref arguments)) return;
        task.Call.Begin(registers.Eax, arguments);
        task.Machine.Traces?.Entered(task);
        if (task.Trace != null && TraceStops.AtEntry(task)) return;
        if (task.Seccomp == SeccompMode.Off || SeccompChecks.Allows(task, isSeen: false)) Continue(task);
    }

    /// <summary>The tracer lets a task go on that it stopped in front of a call, whose number and arguments it may have changed.</summary>
    public static void ContinueEntry(Task task)
    {
        var call = task.Call;
        var registers = task.Registers!;
        call.IsAtEntry = false;
        ref var arguments = ref call.Arguments;
        arguments[0] = registers.Ebx;
        arguments[1] = registers.Ecx;
        arguments[2] = registers.Edx;
        arguments[3] = registers.Esi;
        arguments[4] = registers.Edi;
        arguments[5] = registers.Ebp;
        // Who is killed in front of a call does not make it.
        if (task.PendingSet.Contains(Signal.SIGKILL) || call.Number == uint.MaxValue || task.Trace is { Resume: TraceResume.Emulate or TraceResume.EmulateStep }) Finish(task, Result.NoReturn);
        else if (task.Seccomp == SeccompMode.Off || SeccompChecks.Allows(task, call.IsFilterSeen)) Continue(task);
    }

    /// <summary>Runs the handler of the call that the task is in.</summary>
    public static void Continue(Task task)
    {
        var call = task.Call;
        var syscall = task.Machine.FindCall(call.Number);
        Result result;
        if (syscall == null)
        {
            task.CountUnknown(call.Number);
            result = Errno.ENOSYS;
        }
        else
        {
            result = syscall.Handler(task, call.Arguments);
        }
        if (task.HasExited) return;
        if (result.IsPause)
        {
            call.Interruption = result.Interruption;
            if (IsInterrupted(task)) EndForRestart(task);
            else task.Machine.Scheduler.QuantumLeft = 0;
            return;
        }
        if (!result.IsWait)
        {
            Finish(task, result);
            return;
        }
        // Stopped inside the call, at an event that its tracer wants to see.
        if (task.State != TaskState.Running) return;
        task.WaitIn(result.Queue);
        call.Interruption = result.Interruption;
        if (call.Reason.Length == 0 && syscall != null) call.Reason = syscall.Name;
        // What has moved something ends with that, also when no handler runs.
        if ((task.Trace != null || call.Interruption == Interruption.Interrupted || call.BytesMoved > 0) && IsInterrupted(task)) EndForRestart(task);
        while (call.IsActive && task.State == TaskState.Running && IsInterrupted(task)) SignalDelivery.Deliver(task);
        if (call.IsActive && task.State == TaskState.Running) task.Sleep();
    }

    /// <summary>A handler is about to run: the call ends with what it has done, with EINTR, or goes back to its beginning.</summary>
    public static void Interrupt(Task task, SignalActionFlags flags)
    {
        var call = task.Call;
        if (!call.IsActive) return;
        task.Machine.Traces?.Interrupted(task);
        task.LeaveQueues();
        if (call.BytesMoved > 0)
        {
            Finish(task, (int)call.BytesMoved);
            return;
        }
        if (call.Interruption == Interruption.Always || (call.Interruption == Interruption.Restart && (flags & SignalActionFlags.Restart) != 0))
        {
            Rewind(task);
            return;
        }
        WriteRemainder(task);
        (call.Subject as IInterruptible)?.Interrupted(task);
        Finish(task, Errno.EINTR);
    }

    /// <summary>A signal or its tracer wakes a traced task: the call ends with an ERESTART* value in EAX, as on Linux, where the tracer can see it.
    /// A call that is never made again ends with EINTR whoever looks on.</summary>
    static void EndForRestart(Task task)
    {
        var call = task.Call;
        task.Machine.Traces?.Interrupted(task);
        if (call.BytesMoved > 0)
        {
            Finish(task, (int)call.BytesMoved);
            return;
        }
        if (call.Interruption == Interruption.RestartBlock) call.Block = new RestartBlock(call);
        WriteRemainder(task);
        Finish(task, Restarts.CodeOf(call.Interruption));
    }

    /// <summary>Sets the registers back to the trap instruction, so that the call runs again whole.</summary>
    public static void Rewind(Task task)
    {
        var registers = task.Registers!;
        registers.Eip -= 2;
        registers.Eax = task.Call.Number;
        task.LeaveQueues();
        task.Call.End();
    }

    static bool IsInterrupted(Task task)
    {
        if (task.Trace is { HasWork: true }) return task.Call.Interruption != Interruption.Killable;
        var deliverable = task.DeliverableSignals;
        return !deliverable.IsEmpty && (task.Call.Interruption != Interruption.Killable || deliverable.Contains(Signal.SIGKILL));
    }

    /// <summary>Ends the call that the task is in.</summary>
    internal static void Finish(Task task, in Result result)
    {
        task.LeaveQueues();
        task.Machine.Traces?.Left(task, result);
        uint number = task.Call.Number;
        task.Call.End();
        if (!result.IsNoReturn) task.Registers!.Eax = (uint)result.Value;
        if (task.Trace == null) return;
        task.Call.Ended = number is SigReturn or RtSigReturn ? uint.MaxValue : number;
        TraceStops.AtExit(task);
    }

    const uint SigReturn = 119, RtSigReturn = 173;

    static void WriteRemainder(Task task)
    {
        var call = task.Call;
        if (call.Remainder == RemainderKind.None || call.RemainderAddress == 0 || call.Deadline == SystemCallState.Never) return;
        TimeAbi.Write(task, call.RemainderAddress, call.Remainder, Math.Max(call.Deadline - task.Machine.Clock.Now, 0));
    }

    /// <summary>SYSENTER saves nothing: the stack pointer is in EBP, the sixth argument on top of the stack, and the way back is the vdso's landing place.</summary>
    static bool EnterFast(Task task, Registers registers, ref CallArguments arguments)
    {
        registers.Esp = registers.Ebp;
        registers.Eip = Vdso.Landing;
        if (!task.AddressSpace!.TryRead(registers.Esp, out uint sixth))
        {
            registers.Eax = unchecked((uint)-(int)Errno.EFAULT);
            return false;
        }
        registers.Ebp = arguments[5] = sixth;
        return true;
    }
}
