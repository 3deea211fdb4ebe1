namespace CheckpointRestart.Core.Kernel.Tracing;

/// <summary>All traces of a machine: the kernel tells it what tasks do. There is none while nobody traces. On the machine's thread.</summary>
sealed class TraceHub(SyscallTrace[] traces)
{
    /// <summary>The traces.</summary>
    public SyscallTrace[] Traces { get; } = traces;

    /// <summary>True when one of them has no room.</summary>
    public bool IsFull
    {
        get
        {
            foreach (var trace in Traces)
                if (trace.IsFull) return true;
            return false;
        }
    }

    /// <summary>A task has entered a call.</summary>
    public void Entered(Task task)
    {
        foreach (var trace in Traces) trace.Entered(task);
    }

    /// <summary>A call has ended.</summary>
    public void Left(Task task, in Result result)
    {
        foreach (var trace in Traces) trace.Left(task, result);
    }

    /// <summary>A handler is about to run while the task is in a call.</summary>
    public void Interrupted(Task task)
    {
        foreach (var trace in Traces) trace.Interrupted(task);
    }

    /// <summary>A signal was taken from the queue.</summary>
    public void Delivered(Task task, in SignalInfo info)
    {
        foreach (var trace in Traces) trace.Delivered(task, info);
    }

    /// <summary>A task was made.</summary>
    public void Forked(Task parent, Task child)
    {
        foreach (var trace in Traces) trace.Forked(parent, child);
    }

    /// <summary>A task is about to end.</summary>
    public void Exiting(Task task, int status)
    {
        foreach (var trace in Traces) trace.Exiting(task, status);
    }
}
