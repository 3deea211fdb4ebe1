namespace CheckpointRestart.Core.Kernel.Futexes;

/// <summary>A task in the queue of one futex (Linux: struct futex_q).</summary>
internal sealed partial class FutexWaiter(Task task, FutexKey key, uint bits) : ITaskSubject, ICallSubject
{
    /// <summary>Who waits.</summary>
    public Task Task { get; } = task;

    /// <summary>Where it waits now: a requeue moves it.</summary>
    public FutexKey Key { get; set; } = key;

    /// <summary>Which wakers it listens to.</summary>
    public uint Bits { get; } = bits;

    /// <summary>True once a waker, not time or a signal, has ended the wait; a waiter for a lock then owns it.</summary>
    public bool IsWoken { get; set; }

    /// <summary>The lock that it waits for; null in an ordinary queue.</summary>
    public PiState? Lock { get; set; }

    /// <summary>With FUTEX_WAIT_REQUEUE_PI the lock that it may be moved to; null otherwise.</summary>
    public FutexKey? RequeueKey { get; internal set; }

    /// <summary>Where the waiter's own address space has the word of the lock.</summary>
    public uint LockAddress { get; internal set; }

    /// <summary>Neighbours in the queue; none when it is in none.</summary>
    internal FutexWaiter? Next { get; set; }

    internal FutexWaiter? Previous { get; set; }

    internal FutexQueue? Queue { get; set; }

    /// <inheritdoc/>
    public void Leave() => Task.Machine.Futexes.Remove(this);
}

/// <summary>Those who wait for one futex, the oldest first.</summary>
internal sealed class FutexQueue(FutexKey key)
{
    public FutexKey Key { get; } = key;

    public FutexWaiter? First { get; private set; }

    FutexWaiter? last;

    public void Add(FutexWaiter waiter)
    {
        waiter.Queue = this;
        waiter.Previous = last;
        if (last != null) last.Next = waiter;
        else First = waiter;
        last = waiter;
    }

    public void Remove(FutexWaiter waiter)
    {
        if (waiter.Previous != null) waiter.Previous.Next = waiter.Next;
        else First = waiter.Next;
        if (waiter.Next != null) waiter.Next.Previous = waiter.Previous;
        else last = waiter.Previous;
        waiter.Next = waiter.Previous = null;
        waiter.Queue = null;
    }
}
