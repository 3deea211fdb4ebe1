using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel;

/// <content>Sending signals (Linux: kernel/signal.c).</content>
public sealed partial class Machine
{
    readonly Dictionary<uint, int> queuedSignals = [];

    /// <summary>Processes that are sent no signal, while others are taken out of a copy of their machine without their notice; else null.</summary>
    internal HashSet<ThreadGroup>? Undisturbed { get; set; }

    /// <summary>Sends a signal to a process.</summary>
    /// <returns>False when a real-time signal found the queue full (EAGAIN).</returns>
    internal bool SendSignal(ThreadGroup group, in SignalInfo info) => Send(group, null, info);

    /// <summary>Sends a signal to one task.</summary>
    internal bool SendSignal(Task task, in SignalInfo info) => Send(task.Group, task, info);

    /// <summary>A signal that the task itself caused by an instruction: it cannot be ignored or blocked.</summary>
    internal static void Force(Task task, in SignalInfo info)
    {
        var action = task.Handlers[info.Signal];
        var set = SignalSet.Of(info.Signal);
        bool blocked = task.BlockedSignals.Contains(info.Signal);
        if (blocked || action.Handler == SignalAction.Ignore)
        {
            task.Handlers[info.Signal] = default;
            task.BlockedSignals &= ~set;
        }
        task.Pending.Remove(set);
        task.Pending.Add(info, task.Credentials.Uid, ulong.MaxValue);
    }

    /// <summary>Entries in queues of signals to tasks of a user: what RLIMIT_SIGPENDING limits.</summary>
    internal int CountQueued(uint user) => queuedSignals.GetValueOrDefault(user);

    internal void ChargeQueued(uint user, int change) => queuedSignals[user] = queuedSignals.GetValueOrDefault(user) + change;

    bool Send(ThreadGroup group, Task? target, in SignalInfo info)
    {
        var signal = info.Signal;
        if (Undisturbed?.Contains(group) == true) return true;
        if (group.IsZombie || group.Threads.Count == 0 || target is { HasExited: true } || ReferenceEquals(group.Leader, Init)) return true;
        if (signal == Signal.SIGKILL && group.Threads.All(static member => member.IsHeld))
        {
            // Nobody who is frozen comes to take the signal.
            Exits.EndGroup(group, (int)Signal.SIGKILL);
            return true;
        }
        Prepare(group, signal);
        var probe = target ?? group.Threads[0];
        if (probe.Handlers.Ignores(signal) && !IsKept(group, probe, target, signal)) return true;
        var pending = target != null ? target.Pending : group.Pending;
        if (!pending.Add(info, probe.Credentials.Uid, group.Limits[Resource.PendingSignals].Current)) return false;
        probe.Handlers.Arrivals.Wake(Files.PollEvents.In);
        if (target != null) Notice(target, signal);
        else Notice(ChooseThread(group, signal), signal);
        return true;
    }

    /// <summary>In <see cref="SystemCallState.Scratch1"/> of a sigtimedwait: its signals are taken although they may be unblocked or ignored.</summary>
    internal const uint SignalWaitMark = 0x53494757;

    /// <summary>True when a signal that would do nothing is kept all the same: it is blocked, somebody waits for it, or a tracer wants to see it (sig_ignored).</summary>
    static bool IsKept(ThreadGroup group, Task probe, Task? target, Signal signal)
    {
        if (probe.BlockedSignals.Contains(signal) || (probe.Trace != null && signal != Signal.SIGKILL)) return true;
        if (target != null) return IsWaitingFor(target, signal);
        foreach (var member in group.Threads)
            if (IsWaitingFor(member, signal)) return true;
        return false;
    }

    /// <summary>Stop signals and SIGCONT cancel each other; SIGCONT starts a stopped group whatever happens to the signal itself.</summary>
    void Prepare(ThreadGroup group, Signal signal)
    {
        if (SignalSet.Stops.Contains(signal))
        {
            Remove(group, SignalSet.Of(Signal.SIGCONT));
        }
        else if (signal == Signal.SIGCONT)
        {
            Remove(group, SignalSet.Stops);
            if (group.IsStopped) ContinueGroup(group);
        }
        else if (signal == Signal.SIGKILL && group.IsStopped)
        {
            Resume(group);
        }
    }

    static void Remove(ThreadGroup group, SignalSet set)
    {
        group.Pending.Remove(set);
        foreach (var member in group.Threads) member.Pending.Remove(set);
    }

    void ContinueGroup(ThreadGroup group)
    {
        Resume(group);
        group.StopUnreported = false;
        group.ContinueUnreported = true;
        Exits.NotifyParent(group, SignalCode.ChildContinued, (int)Signal.SIGCONT);
    }

    void Resume(ThreadGroup group)
    {
        group.IsStopped = false;
        foreach (var member in group.Threads)
        {
            if (member.Trace is { } trace)
            {
                trace.IsGroupStopPending = false;
                TraceStops.Continued(member, trace);
            }
            if (member.State != TaskState.Stopped) continue;
            member.State = TaskState.Running;
            Scheduler.Enqueue(member);
        }
    }

    static Task? ChooseThread(ThreadGroup group, Signal signal)
    {
        if (signal == Signal.SIGKILL)
        {
            foreach (var member in group.Threads)
                if (!member.IsHeld) return member;
        }
        foreach (var member in group.Threads)
            if (!member.BlockedSignals.Contains(signal) || IsWaitingFor(member, signal)) return member;
        return null;
    }

    static bool IsWaitingFor(Task task, Signal signal) =>
        task.Call is { IsActive: true, Scratch1: SignalWaitMark, Subject: Syscalls.SignalWait wait } && wait.Set.Contains(signal);

    /// <summary>Wakes a task that sleeps where the signal ends the sleep; SIGKILL also one that its tracer has stopped.</summary>
    static void Notice(Task? task, Signal signal)
    {
        if (task is { State: TaskState.Traced } && signal == Signal.SIGKILL)
        {
            TraceStops.Leave(task);
            return;
        }
        if (task is not { State: TaskState.Sleeping }) return;
        if (task.BlockedSignals.Contains(signal) && !IsWaitingFor(task, signal)) return;
        if (task.Call.Interruption == Interruption.Killable && signal != Signal.SIGKILL) return;
        task.Wake();
    }
}
