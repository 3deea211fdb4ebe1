using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel;

/// <summary>How tasks end (Linux: kernel/exit.c).</summary>
internal static class Exits
{
    /// <summary>exit_group(2), or a deadly signal: ends every task of the process.</summary>
    /// <param name="group">The process.</param>
    /// <param name="status">As wait(2) encodes it.</param>
    public static void EndGroup(ThreadGroup group, int status)
    {
        if (group.IsZombie) return;
        if (!group.IsExiting)
        {
            group.Machine.Ending?.Invoke(group);
            group.IsExiting = true;
            group.ExitStatus = status;
        }
        foreach (var thread in group.Threads.ToArray()) EndTask(thread, group.ExitStatus);
    }

    /// <summary>A task ends itself or its process, by exit(2) or by a signal that it takes; its tracer may want to look at it before.</summary>
    public static void EndByTask(Task task, int status, bool isGroup)
    {
        if (TraceStops.Wants(task, TraceEvent.Exit) && task.PendingExit == null && task.AddressSpace != null)
        {
            task.PendingExit = (status, isGroup);
            TraceStops.AtEvent(task, TraceEvent.Exit, (uint)status);
            return;
        }
        End(task, status, isGroup);
    }

    /// <summary>As <see cref="EndByTask"/>, once the tracer has seen it.</summary>
    public static void End(Task task, int status, bool isGroup)
    {
        task.PendingExit = null;
        if (isGroup) EndGroup(task.Group, status);
        else EndTask(task, status);
    }

    /// <summary>exit(2) of one task, the last of which ends the process.</summary>
    public static void EndTask(Task task, int status)
    {
        if (task.HasExited) return;
        var group = task.Group;
        var machine = group.Machine;
        machine.Traces?.Exiting(task, status);
        task.ExitStatus = status;
        if (!group.IsExiting && group.Threads.Count == 1) machine.Ending?.Invoke(group);
        Tracers.Exit(task);
        ReleaseResources(task);
        task.Pending.Clear();
        group.RemoveThread(task);
        machine.CountExit(task);
        bool isLeader = ReferenceEquals(group.Leader, task);
        if (!isLeader) group.EndedUnknown.Add(task.Unknown);
        task.State = isLeader || task.Trace != null ? TaskState.Zombie : TaskState.Dead;
        if (task.State == TaskState.Dead) machine.RemoveTask(task);
        if (group.Threads.Count > 0) HandOverChildren(task, group.Threads[0]);
        if (!isLeader && task.Trace is { } trace) TellTracer(task, trace);
        if (group.Threads.Count == 0)
        {
            if (!group.IsExiting) group.ExitStatus = status;
            group.IsExiting = true;
            EndProcess(group);
        }
        machine.AnnounceSoon();
    }

    /// <summary>The parent has taken the status of a zombie: it is gone.</summary>
    public static void Reap(ThreadGroup group)
    {
        if (group.Parent is { } parent)
        {
            parent.ChildInstructions += group.Instructions + group.ChildInstructions;
            parent.EndedUnknown.Add(group.EndedUnknown);
            parent.EndedUnknown.Add(group.Leader.Unknown);
        }
        group.SetParent(null);
        group.LeaveIdentifiers();
        group.Leader.State = TaskState.Dead;
        group.Machine.RemoveTask(group.Leader);
        group.Machine.AnnounceSoon();
    }

    /// <summary>Nobody traces a task any more that has ended: a thread is gone with that, and a process turns to its parent.</summary>
    public static void ReleaseTraced(Task task, Task tracer)
    {
        if (!ReferenceEquals(task.Group.Leader, task))
        {
            task.State = TaskState.Dead;
            task.Machine.RemoveTask(task);
        }
        else if (task.Group is { IsZombie: true, Parent: { } parent } && !ReferenceEquals(parent, tracer.Group))
        {
            TellParent(task.Group);
        }
    }

    /// <summary>Tells the parent that a child stopped or continued: SIGCHLD as asked for, and who waits is woken (do_notify_parent_cldstop).</summary>
    public static void NotifyParent(ThreadGroup group, int code, int status)
    {
        if (group.Parent is not { } parent) return;
        if (parent.Threads.Count > 0 && !ReferenceEquals(parent.Leader, group.Machine.Init))
        {
            var action = parent.Threads[0].Handlers[Signal.SIGCHLD];
            if (action.Handler != SignalAction.Ignore && (action.Flags & SignalActionFlags.NoChildStop) == 0)
                group.Machine.SendSignal(parent, News(group.Leader, Signal.SIGCHLD, code, status));
        }
        parent.ChildEvents.Wake();
    }

    /// <summary>The siginfo of SIGCHLD.</summary>
    static SignalInfo News(Task task, Signal signal, int code, int status)
    {
        const ulong tick = 10_000_000;
        var info = SignalInfo.FromTask(signal, code, task.Pid, (int)task.Credentials.Uid);
        info.Field2 = (uint)status;
        info.Field3 = (uint)(task.Group.Instructions / tick);
        return info;
    }

    /// <summary>CLD_* and si_status of an end.</summary>
    public static (int Code, int Status) Describe(int status) => (status & 0x7F) == 0
        ? (SignalCode.ChildExited, status >> 8 & 0xFF)
        : ((status & 0x80) != 0 ? SignalCode.ChildDumped : SignalCode.ChildKilled, status & 0x7F);

    /// <summary>Tells a process that a task has ended; true when it does not want to know, so that nobody has to wait for it (do_notify_parent).</summary>
    static bool NotifyEnd(Task task, ThreadGroup whom, Signal signal, int status)
    {
        if (ReferenceEquals(whom.Leader, task.Machine.Init)) return true;
        bool isUnwanted = false;
        if (signal == Signal.SIGCHLD && whom.Threads.Count > 0)
        {
            var action = whom.Threads[0].Handlers[Signal.SIGCHLD];
            isUnwanted = action.Handler == SignalAction.Ignore || (action.Flags & SignalActionFlags.NoChildWait) != 0;
            if (action.Handler == SignalAction.Ignore) signal = Signal.None;
        }
        var (code, shown) = Describe(status);
        if (signal != Signal.None && whom.Threads.Count > 0) task.Machine.SendSignal(whom, News(task, signal, code, shown));
        return isUnwanted;
    }

    static void TellParent(ThreadGroup group)
    {
        if (group.Parent is not { } parent) return;
        // A parent that has become another program since gets what it expects.
        var signal = group.ExitSignal != Signal.None && group.ParentExecutions != parent.Executions ? Signal.SIGCHLD : group.ExitSignal;
        if (NotifyEnd(group.Leader, parent, signal, group.ExitStatus)) Reap(group);
        parent.ChildEvents.Wake();
    }

    static void TellTracer(Task task, TraceState trace)
    {
        var tracer = trace.Tracer.Group;
        if (NotifyEnd(task, tracer, Signal.SIGCHLD, task.ExitStatus)) Tracers.Unlink(task);
        tracer.ChildEvents.Wake();
    }

    /// <summary>The machine ends: lets go of what a task holds, and tells nobody.</summary>
    public static void Discard(Task task)
    {
        if (!task.HasExited)
        {
            task.ExitStatus = (int)Signal.SIGKILL;
            ReleaseResources(task, tellUser: false);
        }
        task.State = TaskState.Dead;
    }

    /// <summary>Lets go of memory, files and the rest, and wakes who waits for that.</summary>
    static void ReleaseResources(Task task, bool tellUser = true)
    {
        var machine = task.Machine;
        task.LeaveQueues();
        task.Call.End();
        task.SavedMask = null;
        if (tellUser) ReleaseMemory(task);
        else DropMemory(task);
        if (tellUser) task.SemaphoreUndo?.DropUser(task);
        task.SemaphoreUndo = null;
        task.Files?.DropUser();
        task.Files = null;
        if (task.FileSystem != null) task.FileSystem.Users--;
        task.FileSystem = null;
        task.Handlers.Users--;
        task.Registers?.Dispose();
        task.Registers = null;
    }

    /// <summary>mm_release: the thread's last words to its memory (clear_child_tid, robust futexes), and the end of a vfork.</summary>
    public static void ReleaseMemory(Task task)
    {
        if (task.AddressSpace != null)
        {
            task.Machine.Futexes.ReleaseRobust(task);
            task.Machine.Futexes.ReleaseLocks(task);
            if (task.AddressSpace.Users > 1 && task.ClearChildTid != 0 && task.AddressSpace.TryWrite(task.ClearChildTid, 0u))
                task.Machine.Futexes.WakeOne(task.AddressSpace, task.ClearChildTid);
        }
        task.ClearChildTid = 0;
        task.RobustList = default;
        DropMemory(task);
        if (task.VforkParent is { } parent)
        {
            task.VforkParent = null;
            parent.Wake();
        }
    }

    static void DropMemory(Task task)
    {
        task.AddressSpace?.DropUser();
        task.AddressSpace = null;
    }

    static void EndProcess(ThreadGroup group)
    {
        var machine = group.Machine;
        machine.Timers.Disarm(group.RealTimer);
        group.Pending.Clear();
        group.DeleteTimers();
        group.IsStopped = false;
        group.IsZombie = true;
        group.Leader.State = TaskState.Zombie;
        group.Leader.ExitStatus = group.ExitStatus;
        JobControl.LeaderEnds(group);
        group.HostTerminal?.LeaderEnded();
        AdoptChildren(group);
        JobControl.MayOrphan(group, group.Parent, isEnding: true);
        group.Ended.Wake();
        if (group.Leader.Trace is { } trace && !ReferenceEquals(trace.Tracer.Group, group.Parent)) TellTracer(group.Leader, trace);
        else TellParent(group);
    }

    /// <summary>A thread ends while its process lives: another one takes over the children that it made.</summary>
    static void HandOverChildren(Task task, Task other)
    {
        foreach (var child in task.Group.Children)
        {
            if (!ReferenceEquals(child.ParentThread, task)) continue;
            child.SetParentThread(other);
            SendDeathSignals(child, task);
        }
    }

    static void SendDeathSignals(ThreadGroup child, Task parent)
    {
        foreach (var thread in child.Threads.ToArray())
            if (thread.ParentDeathSignal != Signal.None)
                child.Machine.SendSignal(child, SignalInfo.FromTask(thread.ParentDeathSignal, SignalCode.User, parent.Tgid, (int)parent.Credentials.Uid));
    }

    static void AdoptChildren(ThreadGroup group)
    {
        var machine = group.Machine;
        var reaper = machine.Init.Group;
        for (var up = group.Parent; up != null; up = up.Parent)
        {
            if (!up.IsSubreaper || up.IsZombie || up.Threads.Count == 0) continue;
            reaper = up;
            break;
        }
        foreach (var child in group.Children.ToArray())
        {
            child.SetParent(reaper);
            JobControl.MayOrphan(child, group, isEnding: false);
            child.ExitSignal = Signal.SIGCHLD;
            SendDeathSignals(child, group.Leader);
            if (child.IsZombie && (child.Leader.Trace == null || ReferenceEquals(child.Leader.Trace.Tracer.Group, reaper))) TellParent(child);
        }
    }
}
