using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <content>Waiting inside a system call, as data.</content>
public sealed partial class Task
{
    /// <summary>From so many queues on, which of them a task waits in is looked up.</summary>
    const int FewWaits = 32;

    readonly List<WaitQueue> waits = [];
    HashSet<WaitQueue>? manyWaits;

    /// <summary>The queues that the task waits in.</summary>
    public IReadOnlyList<WaitQueue> Waits => waits;

    /// <summary>What semaphores get back at the end of the task and of those that share the list; null when there is nothing.</summary>
    public Ipc.SemaphoreUndo? SemaphoreUndo { get; internal set; }

    /// <summary>Locks in user memory that the task owns and others wait for.</summary>
    internal List<Futexes.PiState>? OwnedLocks { get; set; }

    /// <inheritdoc/>
    void IWaiter.Woken(WaitQueue queue) => Wake();

    /// <summary>Registers one of several queues for a call that is about to wait.</summary>
    internal void WaitIn(WaitQueue? queue)
    {
        if (queue == null || IsWaitingIn(queue)) return;
        manyWaits?.Add(queue);
        waits.Add(queue);
        queue.Add(this);
    }

    bool IsWaitingIn(WaitQueue queue)
    {
        if (waits.Count < FewWaits) return waits.Contains(queue);
        return (manyWaits ??= new HashSet<WaitQueue>(waits, ReferenceEqualityComparer.Instance)).Contains(queue);
    }

    /// <summary>Sets when the call ends by itself; the first run of the handler decides.</summary>
    internal void SetDeadline(long at)
    {
        if (Call.HasDeadline) return;
        Call.HasDeadline = true;
        Call.Deadline = at;
    }

    /// <summary>True when the call has a deadline and it has passed.</summary>
    internal bool IsPastDeadline => Call.HasDeadline && Call.Deadline <= Machine.Clock.Now;

    internal void LeaveQueues()
    {
        foreach (var queue in waits) queue.Remove(this);
        waits.Clear();
        manyWaits = null;
        Machine.Timers.Disarm(SleepTimer);
    }

    /// <summary>Makes a sleeping task run its call again.</summary>
    internal void Wake()
    {
        if (State != TaskState.Sleeping) return;
        LeaveQueues();
        State = TaskState.Running;
        Machine.Scheduler.Enqueue(this);
    }

    internal void Sleep()
    {
        State = TaskState.Sleeping;
        if (Call.Deadline != SystemCallState.Never) Machine.Timers.Arm(SleepTimer, Call.Deadline);
    }
}
