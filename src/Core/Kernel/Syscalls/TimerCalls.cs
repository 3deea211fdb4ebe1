namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Interval timers: alarm(2), setitimer(2), getitimer(2).</summary>
internal static class TimerCalls
{
    internal static readonly Syscall[] Table =
    [
        new(27, "alarm", Alarm, Support.Full),
        new(104, "setitimer", Set, Support.Partial, "ITIMER_REAL; the others EINVAL"),
        new(105, "getitimer", Get, Support.Partial, "ITIMER_REAL; the others EINVAL"),
    ];

    /// <summary>A point in time, saturated.</summary>
    internal static long After(long now, long length) => length >= SystemCallState.Never - now ? SystemCallState.Never : now + length;

    static long Left(Task task)
    {
        var timer = task.Group.RealTimer;
        return timer.IsArmed ? Math.Max(timer.At - task.Machine.Clock.Now, 1000) : 0;
    }

    static Result Alarm(Task task, in CallArguments a)
    {
        uint left = (uint)Math.Max((Left(task) + TimeConversions.Second / 2) / TimeConversions.Second, Left(task) > 0 ? 1 : 0);
        Arm(task, a[0] * TimeConversions.Second, 0);
        return left;
    }

    static void Arm(Task task, long length, long interval)
    {
        var timer = task.Group.RealTimer;
        timer.Interval = interval;
        if (length == 0) task.Machine.Timers.Disarm(timer);
        else task.Machine.Timers.Arm(timer, After(task.Machine.Clock.Now, length));
    }

    static Result Get(Task task, in CallArguments a) => a[0] != 0 ? Errno.EINVAL : Write(task, a[1], task.Group.RealTimer.Interval, Left(task));

    static Result Write(Task task, uint address, long interval, long left) =>
        TimeAbi.Write(task, address, RemainderKind.Timeval32, interval) && TimeAbi.Write(task, address + 8, RemainderKind.Timeval32, left) ? 0 : Errno.EFAULT;

    static Result Set(Task task, in CallArguments a)
    {
        if (a[0] != 0) return Errno.EINVAL;
        long interval = 0, length = 0;
        if (a[1] != 0)
        {
            var error = TimeAbi.Read(task, a[1], RemainderKind.Timeval32, out interval);
            if (error == Errno.None) error = TimeAbi.Read(task, a[1] + 8, RemainderKind.Timeval32, out length);
            if (error != Errno.None) return error;
        }
        long oldInterval = task.Group.RealTimer.Interval, left = Left(task);
        Arm(task, length, interval);
        return a[2] == 0 ? 0 : Write(task, a[2], oldInterval, left);
    }
}
