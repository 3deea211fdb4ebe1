using CheckpointRestart.Core.Files;

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

    /// <summary>exit(2) of one task, the last of which ends the process.</summary>
    public static void EndTask(Task task, int status)
    {
        if (task.HasExited) return;
        var group = task.Group;
        task.Machine.Traces?.Exiting(task, status);
        task.ExitStatus = status;
        if (!group.IsExiting && group.Threads.Count == 1) group.Machine.Ending?.Invoke(group);
        ReleaseResources(task);
        group.RemoveThread(task);
        if (group.Threads.Count == 0)
        {
            if (!group.IsExiting) group.ExitStatus = status;
            group.IsExiting = true;
            task.State = TaskState.Zombie;
            EndProcess(group);
        }
        else if (ReferenceEquals(group.Leader, task))
        {
            task.State = TaskState.Zombie;
        }
        else
        {
            task.State = TaskState.Dead;
            group.Machine.RemoveTask(task);
        }
        group.Machine.PublishTasks();
        group.Machine.Announce();
    }

    /// <summary>The parent has taken the status of a zombie: it is gone.</summary>
    public static void Reap(ThreadGroup group)
    {
        if (group.Parent is { } parent) parent.ChildInstructions += group.Instructions + group.ChildInstructions;
        group.SetParent(null);
        group.Leader.State = TaskState.Dead;
        group.Machine.RemoveTask(group.Leader);
        group.Machine.Announce();
    }

    /// <summary>Tells the parent that a child stopped, continued or ended: SIGCHLD as asked for, and who waits is woken.</summary>
    public static void NotifyParent(ThreadGroup group, int code, int status)
    {
        var parent = group.Parent;
        if (parent == null) return;
        bool ended = code is SignalCode.ChildExited or SignalCode.ChildKilled or SignalCode.ChildDumped;
        var signal = ended ? group.ExitSignal : Signal.SIGCHLD;
        if (signal != Signal.None && parent.Threads.Count > 0 && !ReferenceEquals(parent.Leader, group.Machine.Init))
        {
            var action = parent.Threads[0].Handlers[Signal.SIGCHLD];
            if (ended || (action.Flags & SignalActionFlags.NoChildStop) == 0)
            {
                var info = SignalInfo.FromTask(signal, code, group.Id, (int)group.Leader.Credentials.Uid);
                info.Field2 = (uint)status;
                info.Field3 = (uint)(group.Instructions / 10_000_000);
                group.Machine.SendSignal(parent, info);
            }
        }
        parent.ChildEvents.Wake();
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
        group.IsStopped = false;
        group.IsZombie = true;
        group.Leader.State = TaskState.Zombie;
        group.Leader.ExitStatus = group.ExitStatus;
        AdoptChildren(group);
        var parent = group.Parent;
        if (parent == null) return;
        bool isReaped = ReferenceEquals(parent.Leader, machine.Init);
        if (!isReaped && group.ExitSignal == Signal.SIGCHLD && parent.Threads.Count > 0)
        {
            var action = parent.Threads[0].Handlers[Signal.SIGCHLD];
            isReaped = action.Handler == SignalAction.Ignore || (action.Flags & SignalActionFlags.NoChildWait) != 0;
        }
        bool wasKilled = (group.ExitStatus & 0x7F) != 0;
        NotifyParent(group, wasKilled ? SignalCode.ChildKilled : SignalCode.ChildExited, wasKilled ? group.ExitStatus & 0x7F : group.ExitStatus >> 8);
        if (!isReaped) return;
        Reap(group);
        parent.ChildEvents.Wake();
    }

    static void AdoptChildren(ThreadGroup group)
    {
        var machine = group.Machine;
        var reaper = machine.Init.Group;
        for (var up = group.Parent; up != null; up = up.Parent)
        {
            if (!up.IsSubreaper || up.IsZombie) continue;
            reaper = up;
            break;
        }
        foreach (var child in group.Children.ToArray())
        {
            child.SetParent(reaper);
            child.ExitSignal = Signal.SIGCHLD;
            foreach (var thread in child.Threads.ToArray())
                if (thread.ParentDeathSignal != Signal.None) machine.SendSignal(thread, SignalInfo.FromTask(thread.ParentDeathSignal, SignalCode.User, group.Id));
            if (!child.IsZombie) continue;
            if (ReferenceEquals(reaper.Leader, machine.Init)) Reap(child);
            else NotifyParent(child, SignalCode.ChildExited, child.ExitStatus >> 8);
        }
    }
}
