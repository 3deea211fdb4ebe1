namespace CheckpointRestart.Core.Kernel.Ptrace;

/// <summary>How tracing begins and ends (Linux: kernel/ptrace.c).</summary>
internal static class Tracers
{
    /// <summary>Makes one task the tracer of another.</summary>
    public static TraceState Link(Task task, Task tracer, bool seize, PtraceOptions options)
    {
        var trace = new TraceState { Tracer = tracer, IsSeized = seize, Options = options };
        task.Trace = trace;
        tracer.TraceList.Add(task);
        return trace;
    }

    /// <summary>PTRACE_ATTACH: the task will stop by SIGSTOP. PTRACE_SEIZE: it goes on. One that is stopped already is at once in its tracer's stop.</summary>
    public static void Attach(Task task, Task tracer, bool seize, PtraceOptions options)
    {
        Link(task, tracer, seize, options);
        if (!seize) task.Machine.SendSignal(task, SignalInfo.FromKernel(Signal.SIGSTOP));
        if (task.State == TaskState.Stopped) TraceStops.AtGroupStop(task);
    }

    /// <summary>A new task of a traced one: traced likewise when the tracer asked for it, and stopped before its first instruction.</summary>
    public static void Inherit(Task parent, Task child)
    {
        var trace = parent.Trace!;
        var own = Link(child, trace.Tracer, trace.IsSeized, trace.Options);
        if (trace.IsSeized) own.IsTrapPending = true;
        else child.Pending.Add(SignalInfo.FromKernel(Signal.SIGSTOP), child.Credentials.Uid, ulong.MaxValue);
    }

    /// <summary>PTRACE_DETACH: the task goes on with a signal, or stays stopped with its process.</summary>
    public static void Detach(Task task, Signal signal)
    {
        var trace = task.Trace!;
        TraceStops.Settle(task, trace, signal);
        Unlink(task);
    }

    /// <summary>Ends the tracing and, when the task was stopped for the tracer alone, the stop.</summary>
    public static void Unlink(Task task)
    {
        var trace = task.Trace!;
        TraceStops.EndStep(task, trace);
        task.Trace = null;
        trace.Tracer.TraceList.Remove(task);
        if (task.HasExited)
        {
            Exits.ReleaseTraced(task, trace.Tracer);
            return;
        }
        bool stays = task.Group.IsStopped && !task.Group.IsExiting;
        if (task.State == TaskState.Traced)
        {
            task.State = stays ? TaskState.Stopped : TaskState.Running;
            if (!stays) task.Machine.Scheduler.Enqueue(task);
        }
        else if (stays && trace.IsGroupStopPending)
        {
            if (task.State == TaskState.Sleeping) task.LeaveQueues();
            task.State = TaskState.Stopped;
        }
    }

    /// <summary>A tracer ends: its tasks are let go of, or end with it (exit_ptrace).</summary>
    public static void Exit(Task tracer)
    {
        foreach (var task in tracer.TraceList.ToArray())
        {
            bool kill = (task.Trace!.Options & PtraceOptions.ExitKill) != 0;
            Unlink(task);
            if (kill && !task.HasExited) task.Machine.SendSignal(task, SignalInfo.FromKernel(Signal.SIGKILL));
        }
    }
}
