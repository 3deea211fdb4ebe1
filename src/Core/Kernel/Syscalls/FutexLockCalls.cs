using CheckpointRestart.Core.Kernel.Futexes;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>futex(2) on locks with an owner: LOCK_PI, TRYLOCK_PI, UNLOCK_PI, WAIT_REQUEUE_PI, CMP_REQUEUE_PI (Linux: kernel/futex/pi.c, requeue.c).</summary>
internal static class FutexLockCalls
{
    internal static Result Lock(Task task, in CallArguments a, bool isTry)
    {
        var futexes = task.Machine.Futexes;
        if (task.Call.Subject is FutexWaiter waiting)
            return waiting.IsWoken ? 0 : task.IsPastDeadline ? Errno.ETIMEDOUT : Result.Wait(null, Interruption.Always);
        var error = FutexKey.Get(task.AddressSpace!, a[0], FutexCalls.IsPrivate(a), write: true, out var key);
        if (error != Errno.None) return error;
        error = futexes.TryLock(task.AddressSpace!, a[0], key, task, markWaiters: false, out var held);
        if (error != Errno.None || held == null) return error;
        if (isTry || task.IsPastDeadline)
        {
            FutexTable.Drop(held);
            return isTry ? Errno.EAGAIN : Errno.ETIMEDOUT;
        }
        var waiter = new FutexWaiter(task, key, FutexTable.AnyBits) { LockAddress = a[0] };
        error = futexes.WaitFor(held, waiter);
        if (error != Errno.None) return error;
        task.Call.Subject = waiter;
        return Result.Wait(null, Interruption.Always);
    }

    internal static Result Unlock(Task task, in CallArguments a)
    {
        if (!task.AddressSpace!.TryRead(a[0], out uint value)) return Errno.EFAULT;
        if ((value & FutexTable.TidMask) != (uint)task.Pid) return Errno.EPERM;
        var error = FutexKey.Get(task.AddressSpace, a[0], FutexCalls.IsPrivate(a), write: true, out var key);
        return error != Errno.None ? error : task.Machine.Futexes.Unlock(task.AddressSpace, a[0], key, task);
    }

    internal static Result WaitRequeue(Task task, in CallArguments a)
    {
        if (task.Call.Subject is FutexWaiter waiting)
        {
            if (waiting.IsWoken) return 0;
            if (task.IsPastDeadline) return Errno.ETIMEDOUT;
            // Once moved to the lock it cannot start afresh: the word has changed.
            if (waiting.Lock != null && !task.DeliverableSignals.IsEmpty) return Errno.EAGAIN;
            return Result.Wait(null, Interruption.Always);
        }
        var memory = task.AddressSpace!;
        if (a[0] == a[4]) return Errno.EINVAL;
        var error = FutexKey.Get(memory, a[4], FutexCalls.IsPrivate(a), write: true, out var target);
        if (error != Errno.None) return error;
        error = FutexKey.Get(memory, a[0], FutexCalls.IsPrivate(a), write: false, out var key);
        if (error != Errno.None) return error;
        if (!memory.TryRead(a[0], out uint value)) return Errno.EFAULT;
        if (value != a[2]) return Errno.EAGAIN;
        if (key == target) return Errno.EINVAL;
        if (task.IsPastDeadline) return Errno.ETIMEDOUT;
        var waiter = new FutexWaiter(task, key, FutexTable.AnyBits) { RequeueKey = target, LockAddress = a[4] };
        task.Machine.Futexes.Add(waiter);
        task.Call.Subject = waiter;
        return Result.Wait(null, Interruption.Always);
    }

    internal static Result CompareRequeue(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        if ((int)a[2] < 0 || (int)a[3] < 0 || a[0] == a[4] || a[2] != 1) return Errno.EINVAL;
        var error = FutexKey.Get(memory, a[0], FutexCalls.IsPrivate(a), write: false, out var from);
        if (error != Errno.None) return error;
        error = FutexKey.Get(memory, a[4], FutexCalls.IsPrivate(a), write: true, out var to);
        if (error != Errno.None) return error;
        if (from == to) return Errno.EINVAL;
        if (!memory.TryRead(a[0], out uint value)) return Errno.EFAULT;
        if (value != a[5]) return Errno.EAGAIN;
        return task.Machine.Futexes.RequeueToLock(memory, from, to, a[4], (int)a[3]);
    }
}
