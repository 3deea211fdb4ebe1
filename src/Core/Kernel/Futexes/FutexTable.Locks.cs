using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Futexes;

/// <summary>A lock in user memory that tasks wait for: who owns it (Linux: struct futex_pi_state). It is there while somebody waits.</summary>
internal sealed partial class PiState(FutexKey key)
{
    public FutexKey Key { get; private set; } = key;

    /// <summary>The task that the word names; null once that has ended.</summary>
    public Task? Owner { get; set; }

    /// <summary>How many wait.</summary>
    public int Waiters { get; set; }
}

/// <content>Locks with an owner: FUTEX_LOCK_PI and what belongs to it. One virtual processor that takes tasks in turn has no priorities to
/// lend; what programs see is that the oldest waiter gets the lock, that an owner's end is told, and that circles are refused.</content>
internal sealed partial class FutexTable
{
    const int LongestChain = 1024;

    /// <summary>Takes a lock for a task, or finds out whom it has to wait for (futex_lock_pi_atomic).</summary>
    /// <param name="memory">Where the word is.</param>
    /// <param name="address">The word.</param>
    /// <param name="key">Its key.</param>
    /// <param name="task">Who wants it.</param>
    /// <param name="markWaiters">The word gets FUTEX_WAITERS although the lock was free.</param>
    /// <param name="held">The lock, when the task has to wait.</param>
    /// <returns>None: it is the task's when <paramref name="held"/> is null. EFAULT, EDEADLK, EINVAL for a word that contradicts its waiters, ESRCH
    /// for an owner that is not there.</returns>
    public Errno TryLock(AddressSpace memory, uint address, FutexKey key, Task task, bool markWaiters, out PiState? held)
    {
        held = null;
        if (!memory.TryRead(address, out uint value) || memory.WritableSpan(address, 4).IsEmpty) return Errno.EFAULT;
        uint owner = value & TidMask;
        if (owner == (uint)task.Pid) return Errno.EDEADLK;
        if (FirstOf(key) is { } top)
        {
            if (top.Lock is not { } known) return Errno.EINVAL;
            bool isOrphan = (value & OwnerDied) != 0 && owner == 0;
            if (!isOrphan && (known.Owner == null || owner != (uint)known.Owner.Pid)) return Errno.EINVAL;
            held = known;
            return Errno.None;
        }
        if (owner == 0)
        {
            uint taken = (value & OwnerDied) | (uint)task.Pid | (markWaiters ? WaitersBit : 0);
            return memory.TryWrite(address, taken) ? Errno.None : Errno.EFAULT;
        }
        if (!memory.TryWrite(address, value | WaitersBit)) return Errno.EFAULT;
        var found = task.Machine.FindTask((int)owner);
        if (found == null || found.HasExited) return Errno.ESRCH;
        if (ReferenceEquals(found, task.Machine.Init)) return Errno.EPERM;
        held = new PiState(key);
        SetOwner(held, found);
        return Errno.None;
    }

    /// <summary>Makes a waiter wait for a lock.</summary>
    /// <returns>None, or EDEADLK when the owner waits, through others, for the waiter's task.</returns>
    public Errno WaitFor(PiState held, FutexWaiter waiter)
    {
        var owner = held.Owner;
        for (int depth = 0; owner != null; depth++)
        {
            if (ReferenceEquals(owner, waiter.Task) || depth > LongestChain)
            {
                if (held.Waiters == 0) SetOwner(held, null);
                return Errno.EDEADLK;
            }
            owner = owner.Call is { IsActive: true, Subject: FutexWaiter { Lock: { } next } } ? next.Owner : null;
        }
        Remove(waiter);
        waiter.Key = held.Key;
        waiter.Lock = held;
        held.Waiters++;
        Add(waiter);
        return Errno.None;
    }

    /// <summary>A lock that nobody came to wait for after all is forgotten.</summary>
    public static void Drop(PiState held)
    {
        if (held.Waiters == 0) SetOwner(held, null);
    }

    /// <summary>Gives a lock up: to the oldest waiter, or to nobody (futex_unlock_pi).</summary>
    /// <returns>None, EFAULT, EPERM when the word names another task, EINVAL when it contradicts its waiters.</returns>
    public Errno Unlock(AddressSpace memory, uint address, FutexKey key, Task task)
    {
        if (!memory.TryRead(address, out uint value)) return Errno.EFAULT;
        if ((value & TidMask) != (uint)task.Pid) return Errno.EPERM;
        if (FirstOf(key) is not { } top) return memory.TryWrite(address, 0u) ? Errno.None : Errno.EFAULT;
        if (top.Lock is not { } held || !ReferenceEquals(held.Owner, task)) return Errno.EINVAL;
        if (!memory.TryWrite(address, WaitersBit | (uint)top.Task.Pid)) return Errno.EFAULT;
        PassOn(held, top);
        return Errno.None;
    }

    /// <summary>Wakes one who waits to be moved to a lock when the lock is free, and moves others behind its owner (futex_requeue with requeue_pi).</summary>
    public Result RequeueToLock(AddressSpace memory, FutexKey from, FutexKey to, uint lockAddress, int move)
    {
        int count = 0;
        for (var waiter = FirstOf(from); waiter != null && (long)count - 1 < move;)
        {
            var next = waiter.Next;
            if (waiter.RequeueKey is not { } wanted || waiter.Lock != null || wanted != to) return Errno.EINVAL;
            var error = TryLock(memory, lockAddress, to, waiter.Task, markWaiters: next != null && move > 0, out var held);
            if (error == Errno.None && held != null && (error = WaitFor(held, waiter)) == Errno.None) count++;
            else if (error == Errno.None) Grant(waiter, ref count);
            // A waiter that would wait for itself is left where it is; all else is the caller's.
            if (error is not (Errno.None or Errno.EDEADLK) || (error == Errno.EDEADLK && count == 0)) return error;
            waiter = next;
        }
        return count;
    }

    void Grant(FutexWaiter waiter, ref int count)
    {
        Finish(waiter);
        count++;
    }

    /// <summary>The end of a task: each lock that others wait for goes to the oldest of them, marked FUTEX_OWNER_DIED (exit_pi_state_list).</summary>
    public void ReleaseLocks(Task task)
    {
        while (task.OwnedLocks is [var held, ..])
        {
            var top = FirstOf(held.Key);
            if (top?.Lock != held)
            {
                SetOwner(held, null);
                continue;
            }
            // The word is read and written where the new owner has it: the memory may be another mapping of the same frames.
            uint address = top.LockAddress;
            var memory = top.Task.AddressSpace!;
            if (memory.TryRead(address, out uint value)) memory.TryWrite(address, (value & OwnerDied) | OwnerDied | WaitersBit | (uint)top.Task.Pid);
            PassOn(held, top);
        }
    }

    void PassOn(PiState held, FutexWaiter top)
    {
        held.Waiters++;
        Finish(top);
        held.Waiters--;
        SetOwner(held, held.Waiters > 0 ? top.Task : null);
    }

    static void SetOwner(PiState held, Task? owner)
    {
        held.Owner?.OwnedLocks?.Remove(held);
        held.Owner = owner;
        if (owner != null) (owner.OwnedLocks ??= []).Add(held);
    }
}
