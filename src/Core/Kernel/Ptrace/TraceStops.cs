using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Ptrace;

/// <summary>The stops of a traced task: how it gets into each and what follows when it is resumed (Linux: kernel/signal.c, ptrace_stop and its callers).</summary>
internal static class TraceStops
{
    const uint TrapFlag = 0x100;
    const int SystemCallMark = 0x80;

    /// <summary>PTRACE_EVENTMSG_SYSCALL_ENTRY and _EXIT.</summary>
    public const uint EntryMessage = 1, ExitMessage = 2;

    /// <summary>Stops in front of the delivery of a signal. Resuming tells what becomes of it.</summary>
    public static bool AtSignal(Task task, in SignalInfo info) => Enter(task, TraceStop.Signal, (int)info.Signal, info);

    /// <summary>Stops in front of a system call when the tracer asked for it.</summary>
    public static bool AtEntry(Task task)
    {
        if (task.Trace is not { } trace) return false;
        // What a tracer reads of EAX inside a call, and what is left when it takes the call away.
        task.Registers!.Eax = unchecked((uint)-(int)Errno.ENOSYS);
        if (trace.Resume is not (TraceResume.SystemCall or TraceResume.Emulate or TraceResume.EmulateStep)) return false;
        trace.Message = EntryMessage;
        int code = CallCode(trace);
        return task.Call.IsAtEntry = Enter(task, TraceStop.Entry, code, Notification(task, code));
    }

    /// <summary>A system call has ended: stops behind it when the tracer asked for it.</summary>
    public static void AtExit(Task task)
    {
        if (task.Trace is not { } trace || task.State != TaskState.Running) return;
        if (trace.Resume == TraceResume.Step)
        {
            // An instruction that enters the kernel has been stepped over (user_single_step_report).
            Machine.Force(task, SignalInfo.Fault(Signal.SIGTRAP, SignalCode.Breakpoint, task.Registers!.Eip));
        }
        else if (trace.Resume == TraceResume.SystemCall)
        {
            trace.Message = ExitMessage;
            int code = CallCode(trace);
            Enter(task, TraceStop.Exit, code, Notification(task, code));
        }
    }

    /// <summary>A handler's frame was made for a task that is being stepped.</summary>
    public static void AtHandler(Task task) => Enter(task, TraceStop.Exit, (int)Signal.SIGTRAP, Notification(task, (int)Signal.SIGTRAP));

    /// <summary>Stops at an event when the tracer asked for it. The call goes on when it is resumed: its handler is run again.</summary>
    public static bool AtEvent(Task task, TraceEvent what, uint message)
    {
        if (task.Trace is not { } trace || (trace.Options & OptionOf(what)) == 0) return false;
        trace.Message = message;
        int code = (int)Signal.SIGTRAP | (int)what << 8;
        return Enter(task, TraceStop.Event, code, Notification(task, code));
    }

    /// <summary>True when the tracer wants to see an event.</summary>
    public static bool Wants(Task task, TraceEvent what) => task.Trace is { } trace && (trace.Options & OptionOf(what)) != 0;

    /// <summary>Does what is pending besides signals: a trap that was asked for, or the part in a group stop.</summary>
    public static void DoPending(Task task)
    {
        var trace = task.Trace!;
        if (trace.IsSeized || task.Group.IsStopped || trace.IsGroupStopPending)
        {
            AtGroupStop(task);
            return;
        }
        trace.IsTrapPending = false;
    }

    /// <summary>Takes part in the stop of the process; of a seized task also the answer to PTRACE_INTERRUPT (do_jobctl_trap).</summary>
    public static void AtGroupStop(Task task)
    {
        var trace = task.Trace!;
        bool isStopped = task.Group.IsStopped;
        trace.IsTrapPending = trace.IsGroupStopPending = false;
        var signal = trace.IsSeized && !isStopped ? Signal.SIGTRAP : task.Group.StopSignal;
        if (trace.IsSeized)
        {
            int code = (int)signal | (int)TraceEvent.Stop << 8;
            Enter(task, TraceStop.Group, code, Notification(task, code) with { Signal = signal });
        }
        else
        {
            Enter(task, TraceStop.Group, (int)signal, null);
        }
    }

    /// <summary>SIGCONT came for the process: who listens traps again, to tell that it goes on.</summary>
    public static void Continued(Task task, TraceState trace)
    {
        if (!trace.IsSeized) return;
        if (trace.IsListening)
        {
            trace.IsListening = false;
            AtGroupStop(task);
        }
        else
        {
            trace.IsTrapPending = true;
        }
    }

    /// <summary>Goes on from a stop (ptrace_resume).</summary>
    /// <param name="task">A stopped task.</param>
    /// <param name="how">PTRACE_CONT and its relatives.</param>
    /// <param name="signal">The signal that it goes on with, or none.</param>
    public static void Resume(Task task, TraceResume how, Signal signal)
    {
        var trace = task.Trace!;
        Settle(task, trace, signal);
        trace.Resume = how;
        var registers = task.Registers;
        if (how is TraceResume.Step or TraceResume.EmulateStep && registers != null && (registers.Eflags & TrapFlag) == 0)
        {
            trace.ForcesTrapFlag = true;
            registers.Eflags |= TrapFlag;
        }
        Leave(task);
    }

    /// <summary>Decides what becomes of the signal of a stop.</summary>
    public static void Settle(Task task, TraceState trace, Signal signal)
    {
        if (signal == Signal.None) return;
        switch (trace.Stop)
        {
            case TraceStop.Signal:
                var info = trace.Info is { } given && given.Signal == signal
                    ? given
                    : SignalInfo.FromTask(signal, SignalCode.User, trace.Tracer.Tgid, (int)trace.Tracer.Credentials.Uid);
                if (task.BlockedSignals.Contains(signal)) task.Machine.SendSignal(task, info);
                else task.Injected = info;
                break;
            case TraceStop.Entry or TraceStop.Exit:
                task.Machine.SendSignal(task, SignalInfo.FromKernel(signal));
                break;
        }
    }

    /// <summary>Lets a stopped task run.</summary>
    public static void Leave(Task task)
    {
        if (task.Trace is { } trace)
        {
            trace.Stop = TraceStop.None;
            trace.Code = 0;
            trace.IsListening = false;
        }
        task.State = TaskState.Running;
        task.Machine.Scheduler.Enqueue(task);
    }

    /// <summary>What a debugger does not see of EFLAGS: the trap flag that it asked for itself.</summary>
    public static uint HideTrapFlag(TraceState trace, uint flags) => trace.ForcesTrapFlag ? flags & ~TrapFlag : flags;

    /// <summary>Takes the trap flag back that stepping has set.</summary>
    public static void EndStep(Task task, TraceState trace)
    {
        if (!trace.ForcesTrapFlag) return;
        trace.ForcesTrapFlag = false;
        if (task.Registers is { } registers) registers.Eflags &= ~TrapFlag;
    }

    static PtraceOptions OptionOf(TraceEvent what) => (PtraceOptions)(1u << (int)what);

    static int CallCode(TraceState trace) => (int)Signal.SIGTRAP | ((trace.Options & PtraceOptions.SystemCallGood) != 0 ? SystemCallMark : 0);

    /// <summary>The information of a stop that is no signal's: the kernel's to the tracer (ptrace_do_notify).</summary>
    static SignalInfo Notification(Task task, int code) => SignalInfo.FromTask(Signal.SIGTRAP, code, task.Pid, (int)task.Credentials.Uid);

    /// <summary>Stops, unless the task has been killed meanwhile.</summary>
    static bool Enter(Task task, TraceStop stop, int code, SignalInfo? info)
    {
        var trace = task.Trace!;
        EndStep(task, trace);
        if (task.PendingSet.Contains(Signal.SIGKILL)) return false;
        if (task.State == TaskState.Sleeping) task.LeaveQueues();
        task.State = TaskState.Traced;
        trace.Stop = stop;
        trace.Code = code;
        trace.Info = info;
        trace.IsListening = false;
        Tell(task, trace, stop == TraceStop.Group ? SignalCode.ChildStopped : SignalCode.ChildTrapped);
        return true;
    }

    /// <summary>SIGCHLD to the tracer, and its wait(2) ends (do_notify_parent_cldstop).</summary>
    static void Tell(Task task, TraceState trace, int code)
    {
        var group = trace.Tracer.Group;
        if (group.Threads.Count > 0)
        {
            var action = group.Threads[0].Handlers[Signal.SIGCHLD];
            if (action.Handler != SignalAction.Ignore && (action.Flags & SignalActionFlags.NoChildStop) == 0)
            {
                var info = SignalInfo.FromTask(Signal.SIGCHLD, code, task.Pid, (int)task.Credentials.Uid);
                info.Field2 = (uint)(trace.Code & 0x7F);
                task.Machine.SendSignal(group, info);
            }
        }
        group.ChildEvents.Wake();
    }
}
