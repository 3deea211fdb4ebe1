using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Ptrace;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Takes pending signals and does what they ask for (Linux: get_signal, handle_signal).</summary>
internal static class SignalDelivery
{
    /// <summary>Delivers signals until one changed what the task does next, or none is left.</summary>
    public static void Deliver(Task task)
    {
        while (task.State == TaskState.Running)
        {
            if (task.Trace is { HasWork: true })
            {
                TraceStops.DoPending(task);
                continue;
            }
            SignalInfo info;
            if (task.Injected is { } injected)
            {
                task.Injected = null;
                info = injected;
            }
            else if (!Take(task, out info))
            {
                return;
            }
            else if (task.Trace != null && info.Signal != Signal.SIGKILL)
            {
                if (TraceStops.AtSignal(task, info)) return;
                continue;
            }
            if (!Act(task, info)) return;
        }
    }

    /// <summary>Does what a signal asks for; false when that changed what the task does next.</summary>
    static bool Act(Task task, in SignalInfo info)
    {
        task.Machine.Traces?.Delivered(task, info);
        var action = task.Handlers[info.Signal];
        if (info.Signal == Signal.SIGKILL) action = default;
        if (action.Handler == SignalAction.Ignore) return true;
        if (action.Handler > SignalAction.Ignore)
        {
            Handle(task, action, info);
            return false;
        }
        switch (SignalSet.DefaultOf(info.Signal))
        {
            case DefaultAction.Ignore:
                return true;
            case DefaultAction.Stop:
                if (info.Signal != Signal.SIGSTOP && JobControl.IsOrphaned(task.Machine, task.Group.ProcessGroup, null)) return true;
                Stop(task, info.Signal);
                return false;
            case DefaultAction.Core:
                int dumped = CoreDump.Write(task, info) ? 0x80 : 0;
                Exits.EndByTask(task, (int)info.Signal | dumped, isGroup: true);
                return false;
            default:
                Exits.EndByTask(task, (int)info.Signal, isGroup: true);
                return false;
        }
    }

    static bool Take(Task task, out SignalInfo info)
    {
        var allowed = ~(task.BlockedSignals | task.SeenByDebugger);
        if (!task.Pending.TryTake(allowed, out info) && !task.Group.Pending.TryTake(allowed, out info)) return false;
        task.Group.Debug?.Meet(task);
        return true;
    }

    static void Handle(Task task, in SignalAction action, in SignalInfo info)
    {
        SystemCalls.Interrupt(task, action.Flags);
        Restarts.BeforeHandler(task, action.Flags);
        bool isStepped = task.Trace is { ForcesTrapFlag: true };
        if (isStepped) TraceStops.EndStep(task, task.Trace!);
        var oldMask = task.SavedMask ?? task.BlockedSignals;
        task.SavedMask = null;
        RestartableSequence.Restart(task);
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
        if (isStepped) TraceStops.AtHandler(task);
    }

    static void Stop(Task task, Signal signal)
    {
        var group = task.Group;
        group.IsStopped = true;
        group.StopSignal = signal;
        group.StopUnreported = true;
        group.ContinueUnreported = false;
        foreach (var thread in group.Threads)
        {
            if (thread.Trace is { } trace)
            {
                trace.IsGroupStopPending = true;
                if (!ReferenceEquals(thread, task)) thread.Wake();
                continue;
            }
            if (thread.State == TaskState.Sleeping) thread.LeaveQueues();
            thread.State = TaskState.Stopped;
        }
        if (task.Trace != null) TraceStops.AtGroupStop(task);
        // A tracer that is the parent is told of its tasks' own stops.
        if (group.Leader.Trace?.Tracer.Group is { } tracer && ReferenceEquals(tracer, group.Parent)) return;
        Exits.NotifyParent(group, SignalCode.ChildStopped, (int)signal);
    }
}
