namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>futex(2): wait, wake, requeue, wake_op, bitsets.</summary>
internal static class FutexCalls
{
    internal static readonly Syscall[] Table =
    [
        new(240, "futex", Futex, Support.Partial, "no priority inheritance (ENOSYS)"),
        new(422, "futex_time64", FutexLong, Support.Partial, "as futex"),
    ];

    const uint Private = 128, ClockRealtime = 256;

    static Result Futex(Task task, in CallArguments a) => Futex(task, a, RemainderKind.Timespec32);

    static Result FutexLong(Task task, in CallArguments a) => Futex(task, a, RemainderKind.Timespec64);

    static Result Futex(Task task, in CallArguments a, RemainderKind layout)
    {
        if ((a[0] & 3) != 0) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        var futexes = task.Machine.Futexes;
        uint operation = a[1] & ~(Private | ClockRealtime);
        switch (operation)
        {
            case 0: return Wait(task, a, uint.MaxValue, layout, isAbsolute: false);
            case 9: return a[5] == 0 ? Errno.EINVAL : Wait(task, a, a[5], layout, isAbsolute: true);
            case 1: return memory.ReadableSpan(a[0], 4).IsEmpty ? Errno.EFAULT : futexes.Wake(memory, a[0], Most(a[2]), uint.MaxValue);
            case 10: return a[5] == 0 ? Errno.EINVAL : memory.ReadableSpan(a[0], 4).IsEmpty ? Errno.EFAULT : futexes.Wake(memory, a[0], Most(a[2]), a[5]);
            case 3: return Requeue(task, a, compare: false);
            case 4: return Requeue(task, a, compare: true);
            case 5: return WakeOperation(task, a);
            default: return Errno.ENOSYS;
        }
    }

    static int Most(uint count) => (int)Math.Clamp((int)count, 1, int.MaxValue);

    static Result Wait(Task task, in CallArguments a, uint bits, RemainderKind layout, bool isAbsolute)
    {
        var futexes = task.Machine.Futexes;
        if (task.Call.Subject is FutexTable.Waiter waiter)
        {
            if (waiter.IsWoken) return 0;
            if (task.IsPastDeadline)
            {
                futexes.Remove(waiter);
                return Errno.ETIMEDOUT;
            }
            return Result.Wait(waiter.Queue, Interruption.Restart);
        }
        if (a[3] != 0)
        {
            var error = TimeAbi.Read(task, a[3], layout, out long time);
            if (error != Errno.None) return error;
            var clock = task.Machine.Clock;
            if (time != SystemCallState.Never)
                task.SetDeadline(!isAbsolute ? TimerCalls.After(clock.Now, time) : (a[1] & ClockRealtime) != 0 ? time - clock.RealtimeOffset : time);
        }
        if (!task.AddressSpace!.TryRead(a[0], out uint value)) return Errno.EFAULT;
        if (value != a[2]) return Errno.EAGAIN;
        if (task.IsPastDeadline) return Errno.ETIMEDOUT;
        waiter = futexes.Add(task, a[0], bits);
        task.Call.Subject = waiter;
        return Result.Wait(waiter.Queue, Interruption.Restart);
    }

    static Result Requeue(Task task, in CallArguments a, bool compare)
    {
        var memory = task.AddressSpace!;
        if ((a[4] & 3) != 0 || (int)a[2] < 0 || (int)a[3] < 0) return Errno.EINVAL;
        if (!memory.TryRead(a[0], out uint value) || memory.ReadableSpan(a[4], 4).IsEmpty) return Errno.EFAULT;
        if (compare && value != a[5]) return Errno.EAGAIN;
        var (woken, moved) = task.Machine.Futexes.Requeue(memory, a[0], a[4], (int)a[2], (int)a[3]);
        return compare ? woken + moved : woken;
    }

    /// <summary>FUTEX_WAKE_OP: changes the second word, wakes waiters of the first, and of the second when its old value compares.</summary>
    static Result WakeOperation(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        if ((a[4] & 3) != 0) return Errno.EINVAL;
        uint code = a[5];
        int argument = (int)(code << 8) >> 20, comparand = (int)(code << 20) >> 20;
        uint operation = code >> 28 & 7;
        if ((code & 0x80000000) != 0) argument = 1 << (argument & 31);
        if (!memory.TryRead(a[4], out int old) || memory.WritableSpan(a[4], 4).IsEmpty) return Errno.EFAULT;
        int? changed = operation switch
        {
            0 => argument,
            1 => old + argument,
            2 => old | argument,
            3 => old & ~argument,
            4 => old ^ argument,
            _ => null,
        };
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
        if (changed == null || compares == null) return Errno.ENOSYS;
        memory.TryWrite(a[4], changed.Value);
        int woken = task.Machine.Futexes.Wake(memory, a[0], Most(a[2]), uint.MaxValue);
        if (compares.Value) woken += task.Machine.Futexes.Wake(memory, a[4], Most(a[3]), uint.MaxValue);
        return woken;
    }
}
