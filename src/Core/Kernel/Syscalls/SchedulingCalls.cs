namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Scheduling: sched_yield(2) and what programs ask about policies and processors. There is one processor and one policy.</summary>
internal static class SchedulingCalls
{
    internal static readonly Syscall[] Table =
    [
        new(154, "sched_setparam", SetParameter, Support.Partial, "priority 0 of SCHED_OTHER"),
        new(155, "sched_getparam", GetParameter, Support.Full),
        new(156, "sched_setscheduler", SetScheduler, Support.Partial, "accepted; turns are equal"),
        new(157, "sched_getscheduler", (Task task, in CallArguments a) => Exists(task, a[0]) ? 0 : Errno.ESRCH, Support.Full),
        new(158, "sched_yield", Yield, Support.Full),
        new(159, "sched_get_priority_max", (Task _, in CallArguments a) => a[0] switch { 1 or 2 => 99, 0 or 3 or 5 => 0, _ => Errno.EINVAL }, Support.Full),
        new(160, "sched_get_priority_min", (Task _, in CallArguments a) => a[0] switch { 1 or 2 => 1, 0 or 3 or 5 => 0, _ => Errno.EINVAL }, Support.Full),
        new(161, "sched_rr_get_interval", Interval, Support.Full),
        new(241, "sched_setaffinity", SetAffinity, Support.Partial, "one processor"),
        new(242, "sched_getaffinity", GetAffinity, Support.Full),
        new(289, "ioprio_set", (Task _, in CallArguments _) => 0, Support.Partial, "accepted and forgotten"),
        new(290, "ioprio_get", (Task _, in CallArguments _) => 0, Support.Full),
        new(318, "getcpu", Processor, Support.Full),
        new(423, "sched_rr_get_interval_time64", IntervalLong, Support.Full),
    ];

    static bool Exists(Task task, uint pid) => pid == 0 || task.Machine.FindTask((int)pid) != null;

    static Result Yield(Task task, in CallArguments a)
    {
        task.Machine.Scheduler.QuantumLeft = 0;
        return 0;
    }

    static Result SetParameter(Task task, in CallArguments a)
    {
        if (a[1] == 0 || (int)a[0] < 0) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[1], out int priority)) return Errno.EFAULT;
        return !Exists(task, a[0]) ? Errno.ESRCH : priority == 0 ? 0 : Errno.EINVAL;
    }

    static Result GetParameter(Task task, in CallArguments a)
    {
        if (a[1] == 0 || (int)a[0] < 0) return Errno.EINVAL;
        return !Exists(task, a[0]) ? Errno.ESRCH : task.AddressSpace!.TryWrite(a[1], 0) ? 0 : Errno.EFAULT;
    }

    static Result SetScheduler(Task task, in CallArguments a)
    {
        if (a[2] == 0 || (int)a[0] < 0) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[2], out int priority)) return Errno.EFAULT;
        if (!Exists(task, a[0])) return Errno.ESRCH;
        return (a[1] & ~0x40000000u) switch
        {
            0 or 3 or 5 => priority == 0 ? 0 : Errno.EINVAL,
            1 or 2 => priority is >= 1 and <= 99 ? 0 : Errno.EINVAL,
            _ => Errno.EINVAL,
        };
    }

    static Result Interval(Task task, in CallArguments a) => !Exists(task, a[0]) ? Errno.ESRCH : TimeAbi.Write(task, a[1], RemainderKind.Timespec32, Scheduler.Quantum) ? 0 : Errno.EFAULT;

    static Result IntervalLong(Task task, in CallArguments a) => !Exists(task, a[0]) ? Errno.ESRCH : TimeAbi.Write(task, a[1], RemainderKind.Timespec64, Scheduler.Quantum) ? 0 : Errno.EFAULT;

    static Result SetAffinity(Task task, in CallArguments a)
    {
        if (!Exists(task, a[0])) return Errno.ESRCH;
        if (a[1] == 0) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[2], out byte mask)) return Errno.EFAULT;
        return (mask & 1) != 0 ? 0 : Errno.EINVAL;
    }

    static Result GetAffinity(Task task, in CallArguments a)
    {
        if (!Exists(task, a[0])) return Errno.ESRCH;
        if (a[1] < 4 || (a[1] & 3) != 0) return Errno.EINVAL;
        return task.AddressSpace!.TryWrite(a[2], 1u) ? 4 : Errno.EFAULT;
    }

    static Result Processor(Task task, in CallArguments a) =>
        (a[0] == 0 || task.AddressSpace!.TryWrite(a[0], 0u)) && (a[1] == 0 || task.AddressSpace!.TryWrite(a[1], 0u)) ? 0 : Errno.EFAULT;
}
