using CheckpointRestart.Core.Kernel.Events;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Interval timers: alarm(2), setitimer(2), getitimer(2).</summary>
internal static class TimerCalls
{
    internal static readonly Syscall[] Table =
    [
        new(27, "alarm", Alarm, Support.Full),
        new(104, "setitimer", Set, Support.Full),
        new(105, "getitimer", Get, Support.Full),
    ];

    const uint Real = 0, Virtual = 1, Profile = 2;

    /// <summary>A point in time, saturated.</summary>
    internal static long After(long now, long length) => length >= SystemCallState.Never - now ? SystemCallState.Never : now + length;

    static (long Interval, long Left) Now(Task task, uint which)
    {
        if (which == Real)
        {
            var real = task.Group.RealTimer;
            return (real.Interval, real.IsArmed ? Math.Max(real.At - task.Machine.Clock.Now, 1000) : 0);
        }
        var timer = CpuTimerOf(task, which);
        if (!timer.IsArmed) return ((long)timer.Interval, 0);
        ulong now = task.Group.Instructions;
        return ((long)timer.Interval, timer.At > now ? (long)(timer.At - now) : 1000);
    }

    static CpuTimer CpuTimerOf(Task task, uint which) => which == Virtual ? task.Group.CpuTimers.Virtual : task.Group.CpuTimers.Profile;

    static Result Alarm(Task task, in CallArguments a)
    {
        long left = Now(task, Real).Left;
        uint seconds = (uint)Math.Max((left + TimeConversions.Second / 2) / TimeConversions.Second, left > 0 ? 1 : 0);
        Arm(task, Real, Math.Min(a[0], int.MaxValue) * TimeConversions.Second, 0);
        return seconds;
    }

    static void Arm(Task task, uint which, long length, long interval)
    {
        if (which == Real)
        {
            var real = task.Group.RealTimer;
            real.Interval = interval;
            if (length == 0) task.Machine.Timers.Disarm(real);
            else task.Machine.Timers.Arm(real, After(task.Machine.Clock.Now, length));
            return;
        }
        var timer = CpuTimerOf(task, which);
        timer.Interval = (ulong)interval;
        if (length == 0) task.Group.CpuTimers.Disarm(timer);
        else task.Group.CpuTimers.Arm(timer, (ulong)After((long)task.Group.Instructions, length));
    }

    static Result Get(Task task, in CallArguments a)
    {
        if (a[0] > Profile) return Errno.EINVAL;
        var now = Now(task, a[0]);
        return TimeAbi.WritePair(task, a[1], RemainderKind.Timeval32, now.Interval, now.Left) ? 0 : Errno.EFAULT;
    }

    static Result Set(Task task, in CallArguments a)
    {
        long interval = 0, length = 0;
        if (a[1] != 0 && TimeAbi.ReadPair(task, a[1], RemainderKind.Timeval32, out interval, out length) is var error && error != Errno.None) return error;
        if (a[0] > Profile) return Errno.EINVAL;
        var old = Now(task, a[0]);
        Arm(task, a[0], length, interval);
        return a[2] == 0 || TimeAbi.WritePair(task, a[2], RemainderKind.Timeval32, old.Interval, old.Left) ? 0 : Errno.EFAULT;
    }
}
