using CheckpointRestart.Core.Kernel.Futexes;
using static CheckpointRestart.Core.Kernel.Syscalls.FutexOperation;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>FUTEX_* commands (linux/futex.h).</summary>
internal static class FutexOperation
{
    public const uint Wait = 0, Wake = 1, Requeue = 3, CompareRequeue = 4, WakeOp = 5, LockPi = 6, UnlockPi = 7, TryLockPi = 8, WaitBitset = 9,
        WakeBitset = 10, WaitRequeuePi = 11, CompareRequeuePi = 12, LockPi2 = 13;

    public const uint Private = 128, ClockRealtime = 256;
}

/// <summary>futex(2): waiting for words and waking; locks with an owner are in FutexLockCalls.</summary>
internal static class FutexCalls
{
    internal static readonly Syscall[] Table =
    [
        new(240, "futex", Futex, Support.Full),
        new(422, "futex_time64", FutexLong, Support.Full),
    ];

    static Result Futex(Task task, in CallArguments a) => Futex(task, a, RemainderKind.Timespec32);

    static Result FutexLong(Task task, in CallArguments a) => Futex(task, a, RemainderKind.Timespec64);

    static Result Futex(Task task, in CallArguments a, RemainderKind layout)
    {
        uint operation = a[1] & ~(Private | ClockRealtime);
        if (!task.Call.IsRetry && operation is FutexOperation.Wait or WaitBitset or LockPi or LockPi2 or WaitRequeuePi && a[3] != 0)
        {
            var error = SetDeadline(task, a, operation, layout);
            if (error != Errno.None) return error;
        }
        if ((a[1] & ClockRealtime) != 0 && operation is not (WaitBitset or WaitRequeuePi or LockPi2)) return Errno.ENOSYS;
        return operation switch
        {
            FutexOperation.Wait => Wait(task, a, FutexTable.AnyBits),
            WaitBitset => Wait(task, a, a[5]),
            FutexOperation.Wake => Wake(task, a, FutexTable.AnyBits),
            WakeBitset => Wake(task, a, a[5]),
            FutexOperation.Requeue => Requeue(task, a, compare: false),
            CompareRequeue => Requeue(task, a, compare: true),
            WakeOp => WakeOperation(task, a),
            LockPi or LockPi2 => FutexLockCalls.Lock(task, a, isTry: false),
            TryLockPi => FutexLockCalls.Lock(task, a, isTry: true),
            UnlockPi => FutexLockCalls.Unlock(task, a),
            WaitRequeuePi => FutexLockCalls.WaitRequeue(task, a),
            CompareRequeuePi => FutexLockCalls.CompareRequeue(task, a),
            _ => Errno.ENOSYS,
        };
    }

    /// <summary>FUTEX_WAIT counts from now; the others name a point in time, LOCK_PI always one of the realtime clock.</summary>
    static Errno SetDeadline(Task task, in CallArguments a, uint operation, RemainderKind layout)
    {
        var error = TimeAbi.Read(task, a[3], layout, out long time);
        if (error != Errno.None || time == SystemCallState.Never) return error;
        var clock = task.Machine.Clock;
        bool isRealtime = operation == LockPi || (a[1] & ClockRealtime) != 0;
        task.SetDeadline(operation == FutexOperation.Wait ? TimerCalls.After(clock.Now, time) : isRealtime ? time - clock.RealtimeOffset : time);
        return Errno.None;
    }

    internal static bool IsPrivate(in CallArguments a) => (a[1] & Private) != 0;

    static Result Wait(Task task, in CallArguments a, uint bits)
    {
        // With a timeout a handler ends the wait even if it asks for restarts.
        var interruption = a[3] != 0 ? Interruption.RestartBlock : Interruption.Restart;
        if (task.Call.Subject is FutexWaiter waiting)
            return waiting.IsWoken ? 0 : task.IsPastDeadline ? Errno.ETIMEDOUT : Result.Wait(null, interruption);
        if (bits == 0) return Errno.EINVAL;
        var error = FutexKey.Get(task.AddressSpace!, a[0], IsPrivate(a), write: false, out var key);
        if (error != Errno.None) return error;
        if (!task.AddressSpace!.TryRead(a[0], out uint value)) return Errno.EFAULT;
        if (value != a[2]) return Errno.EAGAIN;
        if (task.IsPastDeadline) return Errno.ETIMEDOUT;
        var waiter = new FutexWaiter(task, key, bits);
        task.Machine.Futexes.Add(waiter);
        task.Call.Subject = waiter;
        return Result.Wait(null, interruption);
    }

    static Result Wake(Task task, in CallArguments a, uint bits)
    {
        if (bits == 0) return Errno.EINVAL;
        var error = FutexKey.Get(task.AddressSpace!, a[0], IsPrivate(a), write: false, out var key);
        return error != Errno.None ? error : task.Machine.Futexes.Wake(key, (int)a[2], bits);
    }

    static Result Requeue(Task task, in CallArguments a, bool compare)
    {
        var memory = task.AddressSpace!;
        if ((int)a[2] < 0 || (int)a[3] < 0) return Errno.EINVAL;
        var error = FutexKey.Get(memory, a[0], IsPrivate(a), write: false, out var from);
        if (error != Errno.None) return error;
        error = FutexKey.Get(memory, a[4], IsPrivate(a), write: false, out var to);
        if (error != Errno.None) return error;
        if (compare)
        {
            if (!memory.TryRead(a[0], out uint value)) return Errno.EFAULT;
            if (value != a[5]) return Errno.EAGAIN;
        }
        return task.Machine.Futexes.Requeue(from, to, (int)a[2], (int)a[3]);
    }

    /// <summary>FUTEX_WAKE_OP: changes the second word, wakes waiters of the first, and of the second when its old value compares.</summary>
    static Result WakeOperation(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        var error = FutexKey.Get(memory, a[0], IsPrivate(a), write: false, out var first);
        if (error != Errno.None) return error;
        error = FutexKey.Get(memory, a[4], IsPrivate(a), write: true, out var second);
        if (error != Errno.None) return error;
        uint code = a[5];
        int argument = (int)(code << 8) >> 20, comparand = (int)(code << 20) >> 20;
        if ((code & 0x80000000) != 0) argument = 1 << (argument & 31);
        if (!memory.TryRead(a[4], out int old) || memory.WritableSpan(a[4], 4).IsEmpty) return Errno.EFAULT;
        int? changed = (code >> 28 & 7) switch
        {
            0 => argument,
            1 => old + argument,
            2 => old | argument,
            3 => old & ~argument,
            4 => old ^ argument,
            _ => null,
        };
        if (changed == null) return Errno.ENOSYS;
        memory.TryWrite(a[4], changed.Value);
        bool? compares = (code >> 24 & 15) switch
        {
            0 => old == comparand,
            1 => old != comparand,
            2 => old < comparand,
            3 => old <= comparand,
            4 => old > comparand,
            5 => old >= comparand,
            _ => null,
        };
        if (compares == null) return Errno.ENOSYS;
        var woken = task.Machine.Futexes.Wake(first, (int)a[2], FutexTable.AnyBits);
        if (woken.Value < 0 || !compares.Value) return woken;
        var more = task.Machine.Futexes.Wake(second, (int)a[3], FutexTable.AnyBits);
        return more.Value < 0 ? more : woken.Value + more.Value;
    }
}
