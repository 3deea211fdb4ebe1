namespace CheckpointRestart.Core.Kernel;

/// <content>Sending signals (Linux: kernel/signal.c).</content>
public sealed partial class Machine
{
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
        task.Pending.Add(info);
    }

    bool Send(ThreadGroup group, Task? target, in SignalInfo info)
    {
        var signal = info.Signal;
        if (group.IsZombie || ReferenceEquals(group.Leader, Init)) return true;
        if (signal == Signal.SIGKILL && group.Threads.All(static member => member.IsHeld))
        {
            // Nobody who is frozen comes to take the signal.
            Exits.EndGroup(group, (int)Signal.SIGKILL);
            return true;
        }
        Prepare(group, signal);
        var handlers = group.Threads[0].Handlers;
        var probe = target ?? group.Threads[0];
        bool isBlocked = probe.BlockedSignals.Contains(signal) || probe.Call is { IsActive: true, Scratch1: SignalWaitMark };
        if (handlers.Ignores(signal) && !isBlocked) return true;
        var pending = target != null ? target.Pending : group.Pending;
        if (!pending.Add(info)) return false;
        handlers.Arrivals.Wake(Files.PollEvents.In);
        if (target != null) Notice(target, signal);
        else Notice(ChooseThread(group, signal), signal);
        return true;
    }

    /// <summary>In <see cref="SystemCallState.Scratch1"/> of a sigtimedwait: its signals are taken although they may be unblocked or ignored.</summary>
    internal const uint SignalWaitMark = 0x53494757;

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
            if (member.State != TaskState.Stopped) continue;
            member.State = TaskState.Running;
            Scheduler.Enqueue(member);
        }
    }

    static Task? ChooseThread(ThreadGroup group, Signal signal)
    {
        foreach (var member in group.Threads)
            if (!member.BlockedSignals.Contains(signal) || IsWaitingFor(member, signal)) return member;
        return null;
    }

    static bool IsWaitingFor(Task task, Signal signal) =>
        task.Call is { IsActive: true, Scratch1: SignalWaitMark, Subject: SignalSet set } && set.Contains(signal);

    /// <summary>Wakes a task that sleeps where the signal ends the sleep.</summary>
    static void Notice(Task? task, Signal signal)
    {
        if (task is not { State: TaskState.Sleeping }) return;
        if (task.BlockedSignals.Contains(signal) && !IsWaitingFor(task, signal)) return;
        if (task.Call.Interruption == Interruption.Killable && signal != Signal.SIGKILL) return;
        task.Wake();
    }
}
