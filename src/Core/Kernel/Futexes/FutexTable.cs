namespace CheckpointRestart.Core.Kernel.Futexes;

/// <summary>Who waits for which word of memory (Linux: kernel/futex). Ordinary queues here; locks with an owner in FutexTable.Locks.cs.</summary>
internal sealed partial class FutexTable
{
    /// <summary>FUTEX_BITSET_MATCH_ANY.</summary>
    public const uint AnyBits = uint.MaxValue;

    internal const uint WaitersBit = 0x80000000, OwnerDied = 0x40000000, TidMask = 0x3FFFFFFF;

    readonly Dictionary<FutexKey, FutexQueue> queues = [];

    /// <summary>Puts a waiter at the end of its key's queue.</summary>
    public void Add(FutexWaiter waiter) => QueueOf(waiter.Key).Add(waiter);

    /// <summary>Takes a waiter out of its queue; nothing happens when it is in none.</summary>
    public void Remove(FutexWaiter waiter)
    {
        if (waiter.Queue is not { } queue) return;
        queue.Remove(waiter);
        if (queue.First == null) queues.Remove(queue.Key);
        if (waiter.Lock is not { } held) return;
        waiter.Lock = null;
        if (--held.Waiters == 0) SetOwner(held, null);
    }

    /// <summary>Wakes waiters that share a bit of <paramref name="bits"/>: at least one, at most <paramref name="most"/>.</summary>
    /// <returns>How many; EINVAL when the word is a lock with an owner.</returns>
    public Result Wake(FutexKey key, int most, uint bits)
    {
        int woken = 0;
        for (var waiter = FirstOf(key); waiter != null;)
        {
            var next = waiter.Next;
            if (waiter.Lock != null || waiter.RequeueKey != null) return Errno.EINVAL;
            if ((waiter.Bits & bits) != 0)
            {
                Finish(waiter);
                if (++woken >= most) break;
            }
            waiter = next;
        }
        return woken;
    }

    /// <summary>Wakes some waiters of a word and moves others to another word.</summary>
    /// <returns>Woken and moved; EINVAL when the word is a lock with an owner, or its waiters wait to be moved to one.</returns>
    public Result Requeue(FutexKey from, FutexKey to, int wake, int move)
    {
        int count = 0;
        for (var waiter = FirstOf(from); waiter != null && (long)count - wake < move;)
        {
            var next = waiter.Next;
            if (waiter.Lock != null || waiter.RequeueKey != null) return Errno.EINVAL;
            if (++count <= wake) Finish(waiter);
            else if (from != to) Move(waiter, to);
            waiter = next;
        }
        return count;
    }

    internal FutexWaiter? FirstOf(FutexKey key) => queues.TryGetValue(key, out var queue) ? queue.First : null;

    void Move(FutexWaiter waiter, FutexKey to)
    {
        Remove(waiter);
        waiter.Key = to;
        Add(waiter);
    }

    void Finish(FutexWaiter waiter)
    {
        Remove(waiter);
        waiter.IsWoken = true;
        waiter.Task.Wake();
    }

    FutexQueue QueueOf(FutexKey key)
    {
        if (queues.TryGetValue(key, out var queue)) return queue;
        queue = new(key);
        queues.Add(key, queue);
        return queue;
    }
}
