namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Reading and setting clocks: time(2), gettimeofday(2), clock_gettime(2), times(2).</summary>
internal static class ClockCalls
{
    internal static readonly Syscall[] Table =
    [
        new(13, "time", Seconds, Support.Full),
        new(25, "stime", SetSeconds, Support.Full),
        new(43, "times", Times, Support.Full),
        new(78, "gettimeofday", TimeOfDay, Support.Full),
        new(79, "settimeofday", SetTimeOfDay, Support.Full),
        new(264, "clock_settime", SetClock, Support.Full),
        new(265, "clock_gettime", GetClock, Support.Full),
        new(266, "clock_getres", GetResolution, Support.Full),
        new(403, "clock_gettime64", GetClockLong, Support.Full),
        new(404, "clock_settime64", SetClockLong, Support.Full),
        new(406, "clock_getres_time64", GetResolutionLong, Support.Full),
    ];

    /// <summary>What a clock id counts.</summary>
    internal enum Kind
    {
        Realtime,
        Monotonic,
        ProcessTime,
        ThreadTime,
    }

    internal static Errno Check(uint id, out Kind kind)
    {
        kind = id switch
        {
            0 or 5 or 8 or 11 => Kind.Realtime,
            1 or 4 or 6 or 7 or 9 => Kind.Monotonic,
            2 => Kind.ProcessTime,
            _ => Kind.ThreadTime,
        };
        // Negative ids are the processor time of a process or thread, coded from its pid.
        return id is <= 9 or 11 || (int)id < 0 ? Errno.None : Errno.EINVAL;
    }

    static Errno Read(Task task, uint id, out long nanoseconds)
    {
        nanoseconds = 0;
        var error = Check(id, out var kind);
        if (error != Errno.None) return error;
        if ((int)id < 0)
        {
            error = FindCpuClock(task, id, out var group, out var thread);
            nanoseconds = (long)(thread?.Instructions ?? group?.Instructions ?? 0);
            return error;
        }
        nanoseconds = kind switch
        {
            Kind.Realtime => task.Machine.Clock.Realtime,
            Kind.Monotonic => task.Machine.Clock.Now,
            Kind.ProcessTime => (long)task.Group.Instructions,
            _ => (long)task.Instructions,
        };
        return Errno.None;
    }

    /// <summary>The process or thread whose processor time an id means: a negative one, or CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID. EINVAL.</summary>
    internal static Errno FindCpuClock(Task task, uint id, out ThreadGroup? group, out Task? thread)
    {
        group = task.Group;
        thread = null;
        if (id == 2) return Errno.None;
        if (id == 3)
        {
            thread = task;
            return Errno.None;
        }
        // The complement of the pid, a bit for "a thread's", and which time: 3 would be a descriptor.
        int pid = ~((int)id >> 3);
        bool isThread = (id & 4) != 0;
        var target = pid == 0 ? task : task.Machine.FindTask(pid);
        group = target?.Group;
        if ((id & 3) == 3 || target == null) return Errno.EINVAL;
        if (isThread)
        {
            thread = target;
            return ReferenceEquals(target.Group, task.Group) ? Errno.None : Errno.EINVAL;
        }
        return ReferenceEquals(target, task) || ReferenceEquals(target, target.Group.Leader) ? Errno.None : Errno.EINVAL;
    }

    /// <summary>The clock that drives a timer: EINVAL for none, EOPNOTSUPP for one that cannot.</summary>
    internal static Errno ForTimer(Task task, uint id, out Events.TimerClock clock)
    {
        clock = new(id is 0 or 8 or 11, null, null);
        if (id is 2 or 3 || ((int)id < 0 && (id & 3) != 3))
        {
            var error = FindCpuClock(task, id, out var group, out var thread);
            clock = new(false, group, thread);
            return error;
        }
        if ((int)id < 0 || id is 4 or 5 or 6) return Errno.EOPNOTSUPP;
        if (id is 8 or 9 && !task.Credentials.IsPrivileged) return Errno.EPERM;
        return id is 0 or 1 or 7 or 8 or 9 or 11 ? Errno.None : Errno.EINVAL;
    }

    static Result Seconds(Task task, in CallArguments a)
    {
        int now = (int)TimeConversions.ToTimespec(task.Machine.Clock.Realtime).Seconds;
        return a[0] == 0 || task.AddressSpace!.TryWrite(a[0], now) ? now : Errno.EFAULT;
    }

    static Result TimeOfDay(Task task, in CallArguments a)
    {
        if (a[0] != 0 && !TimeAbi.Write(task, a[0], RemainderKind.Timeval32, task.Machine.Clock.Realtime)) return Errno.EFAULT;
        return a[1] == 0 || task.AddressSpace!.TryWrite(a[1], 0ul) ? 0 : Errno.EFAULT;
    }

    static Result GetClock(Task task, in CallArguments a) => GetClock(task, a, RemainderKind.Timespec32);

    static Result GetClockLong(Task task, in CallArguments a) => GetClock(task, a, RemainderKind.Timespec64);

    static Result GetClock(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = Read(task, a[0], out long nanoseconds);
        return error != Errno.None ? error : TimeAbi.Write(task, a[1], layout, nanoseconds) ? 0 : Errno.EFAULT;
    }

    static Result GetResolution(Task task, in CallArguments a) => GetResolution(task, a, RemainderKind.Timespec32);

    static Result GetResolutionLong(Task task, in CallArguments a) => GetResolution(task, a, RemainderKind.Timespec64);

    static Result GetResolution(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = Check(a[0], out _);
        if (error != Errno.None) return error;
        // The coarse clocks tick at 250 Hz.
        return a[1] == 0 || TimeAbi.Write(task, a[1], layout, a[0] is 5 or 6 ? 4_000_000 : 1) ? 0 : Errno.EFAULT;
    }

    static Result SetClock(Task task, in CallArguments a) => SetClock(task, a, RemainderKind.Timespec32);

    static Result SetClockLong(Task task, in CallArguments a) => SetClock(task, a, RemainderKind.Timespec64);

    static Result SetClock(Task task, in CallArguments a, RemainderKind layout)
    {
        if (a[0] != 0) return Errno.EINVAL;
        var error = TimeAbi.Read(task, a[1], layout, out long nanoseconds);
        return error != Errno.None ? error : Set(task, nanoseconds);
    }

    static Result SetSeconds(Task task, in CallArguments a) =>
        task.AddressSpace!.TryRead(a[0], out int seconds) ? Set(task, seconds * TimeConversions.Second) : Errno.EFAULT;

    static Result SetTimeOfDay(Task task, in CallArguments a)
    {
        if (a[0] == 0) return 0;
        var error = TimeAbi.Read(task, a[0], RemainderKind.Timeval32, out long nanoseconds);
        return error != Errno.None ? error : Set(task, nanoseconds);
    }

    static Result Set(Task task, long realtime)
    {
        if (!task.Credentials.Has(Capability.Time)) return Errno.EPERM;
        var clock = task.Machine.Clock;
        clock.RealtimeOffset = realtime - clock.Now;
        task.Machine.ClockSet.Wake();
        return 0;
    }

    static Result Times(Task task, in CallArguments a)
    {
        const ulong tick = 10_000_000;
        if (a[0] != 0)
        {
            var memory = task.AddressSpace!;
            uint own = (uint)(task.Group.Instructions / tick), children = (uint)(task.Group.ChildInstructions / tick);
            if (!memory.TryWrite(a[0], own) || !memory.TryWrite(a[0] + 4, 0u) || !memory.TryWrite(a[0] + 8, children) || !memory.TryWrite(a[0] + 12, 0u)) return Errno.EFAULT;
        }
        return (int)(task.Machine.Clock.Now / (long)tick & int.MaxValue);
    }
}
