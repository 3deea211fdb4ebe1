using CheckpointRestart.Core.Kernel.Events;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Timers of a process: timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2), timer_delete(2).</summary>
internal static class PosixTimerCalls
{
    internal static readonly Syscall[] Table =
    [
        new(259, "timer_create", Create, Support.Full),
        new(260, "timer_settime", Set, Support.Full),
        new(261, "timer_gettime", Get, Support.Full),
        new(262, "timer_getoverrun", GetOverrun, Support.Full),
        new(263, "timer_delete", Delete, Support.Full),
        new(408, "timer_gettime64", GetLong, Support.Full),
        new(409, "timer_settime64", SetLong, Support.Full),
    ];

    const uint Absolute = 1;

    static Result Create(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        var group = task.Group;
        uint value = (uint)group.NextTimerId, notice = (uint)TimerNotice.Signal;
        int signal = (int)Signal.SIGALRM;
        int thread = 0;
        if (a[1] != 0 && (!memory.TryRead(a[1], out value) || !memory.TryRead(a[1] + 4, out signal) || !memory.TryRead(a[1] + 8, out notice) || !memory.TryRead(a[1] + 12, out thread)))
            return Errno.EFAULT;
        var error = ClockCalls.ForTimer(task, a[0], out var clock);
        if (error != Errno.None) return error;
        if (group.PosixTimers.Count >= PendingSignals.Limit) return Errno.EAGAIN;
        // As on Linux, a number is used up also when what follows fails.
        int id = group.NextTimerId++;
        var kind = (TimerNotice)notice;
        if (kind is not (TimerNotice.Signal or TimerNotice.None or TimerNotice.Thread or TimerNotice.ThreadId)) return Errno.EINVAL;
        if (kind != TimerNotice.None && signal is <= 0 or > (int)Signal.Last) return Errno.EINVAL;
        var target = kind == TimerNotice.ThreadId ? task.Machine.FindTask(thread) : null;
        if (kind == TimerNotice.ThreadId && !ReferenceEquals(target?.Group, group)) return Errno.EINVAL;
        if (!memory.TryWrite(a[2], id)) return Errno.EFAULT;
        group.PosixTimers.Add(id, new PosixTimer(group, id, clock) { Notice = kind, Signal = (Signal)signal, Value = value, Target = target });
        return 0;
    }

    static Result Set(Task task, in CallArguments a) => Set(task, a, RemainderKind.Timespec32);

    static Result SetLong(Task task, in CallArguments a) => Set(task, a, RemainderKind.Timespec64);

    static Result Set(Task task, in CallArguments a, RemainderKind layout)
    {
        if (a[2] == 0) return Errno.EINVAL;
        var error = TimeAbi.ReadPair(task, a[2], layout, out long interval, out long value);
        if (error != Errno.None) return error;
        if (!task.Group.PosixTimers.TryGetValue((int)a[0], out var timer)) return Errno.EINVAL;
        var old = timer.Set(value, interval, (a[1] & Absolute) != 0);
        return a[3] == 0 || TimeAbi.WritePair(task, a[3], layout, old.Interval, old.Left) ? 0 : Errno.EFAULT;
    }

    static Result Get(Task task, in CallArguments a) => Get(task, a, RemainderKind.Timespec32);

    static Result GetLong(Task task, in CallArguments a) => Get(task, a, RemainderKind.Timespec64);

    static Result Get(Task task, in CallArguments a, RemainderKind layout)
    {
        if (!task.Group.PosixTimers.TryGetValue((int)a[0], out var timer)) return Errno.EINVAL;
        var now = timer.Get();
        return TimeAbi.WritePair(task, a[1], layout, now.Interval, now.Left) ? 0 : Errno.EFAULT;
    }

    static Result GetOverrun(Task task, in CallArguments a) =>
        task.Group.PosixTimers.TryGetValue((int)a[0], out var timer) ? timer.LastOverrun : Errno.EINVAL;

    static Result Delete(Task task, in CallArguments a)
    {
        if (!task.Group.PosixTimers.Remove((int)a[0], out var timer)) return Errno.EINVAL;
        timer.Delete();
        return 0;
    }
}
