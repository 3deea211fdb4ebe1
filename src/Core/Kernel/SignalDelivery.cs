using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Takes pending signals and does what they ask for (Linux: get_signal, handle_signal).</summary>
internal static class SignalDelivery
{
    /// <summary>Delivers signals until one changed what the task does next, or none is left.</summary>
    public static void Deliver(Task task)
    {
        while (task.State == TaskState.Running && Take(task, out var info))
        {
            task.Machine.Traces?.Delivered(task, info);
            var action = task.Handlers[info.Signal];
            if (action.Handler == SignalAction.Ignore && info.Signal != Signal.SIGKILL) continue;
            if (action.Handler > SignalAction.Ignore)
            {
                Handle(task, action, info);
                return;
            }
            switch (SignalSet.DefaultOf(info.Signal))
            {
                case DefaultAction.Ignore:
                    continue;
                case DefaultAction.Stop:
                    if (info.Signal != Signal.SIGSTOP && IsOrphaned(task.Group)) continue;
                    Stop(task.Group, info.Signal);
                    return;
                default:
                    Exits.EndGroup(task.Group, (int)info.Signal);
                    return;
            }
        }
    }

    static bool Take(Task task, out SignalInfo info) =>
        task.Pending.TryTake(~task.BlockedSignals, out info) || task.Group.Pending.TryTake(~task.BlockedSignals, out info);

    static void Handle(Task task, in SignalAction action, in SignalInfo info)
    {
        SystemCalls.Interrupt(task, action.Flags);
        var oldMask = task.SavedMask ?? task.BlockedSignals;
        task.SavedMask = null;
        if (!SignalFrames.Push(task, action, info, oldMask))
        {
            // No room for the frame: SIGSEGV, and death when that was the signal itself.
            if (info.Signal == Signal.SIGSEGV) task.Handlers[Signal.SIGSEGV] = default;
            Machine.Force(task, SignalInfo.FromKernel(Signal.SIGSEGV));
            return;
        }
        if ((action.Flags & SignalActionFlags.ResetHandler) != 0) task.Handlers[info.Signal] = action with { Handler = SignalAction.Default };
        var mask = task.BlockedSignals | action.Mask;
        if ((action.Flags & SignalActionFlags.NoDefer) == 0) mask |= SignalSet.Of(info.Signal);
        task.SetMask(mask);
    }

    static void Stop(ThreadGroup group, Signal signal)
    {
        group.IsStopped = true;
        group.StopSignal = signal;
        group.StopUnreported = true;
        group.ContinueUnreported = false;
        foreach (var thread in group.Threads)
        {
            if (thread.State == TaskState.Sleeping) thread.LeaveQueues();
            if (!thread.HasExited) thread.State = TaskState.Stopped;
        }
        Exits.NotifyParent(group, SignalCode.ChildStopped, (int)signal);
    }

    /// <summary>A process group is orphaned when no member has a parent in the same session but in another group: nobody could continue it.</summary>
    static bool IsOrphaned(ThreadGroup group)
    {
        foreach (var task in group.Machine.AllTasks)
        {
            var member = task.Group;
            if (member.ProcessGroup != group.ProcessGroup || member.IsZombie || member.Parent == null) continue;
            if (ReferenceEquals(member.Parent.Leader, group.Machine.Init)) continue;
            if (member.Parent.ProcessGroup != group.ProcessGroup && member.Parent.Session == group.Session) return false;
        }
        return true;
    }
}
