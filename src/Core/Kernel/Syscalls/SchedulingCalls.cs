namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Scheduling: sched_yield(2) and what programs ask about turns and processors. There is one processor.</summary>
internal static class SchedulingCalls
{
    internal static readonly Syscall[] Table =
    [
        new(158, "sched_yield", Yield, Support.Full),
        new(161, "sched_rr_get_interval", Interval, Support.Full),
        new(241, "sched_setaffinity", SetAffinity, Support.Partial, "one processor"),
        new(242, "sched_getaffinity", GetAffinity, Support.Full),
        new(318, "getcpu", Processor, Support.Full),
        new(423, "sched_rr_get_interval_time64", IntervalLong, Support.Full),
    ];

    static bool Exists(Task task, uint pid) => pid == 0 || task.Machine.FindTask((int)pid) != null;

    static Result Yield(Task task, in CallArguments a)
    {
        task.Machine.Scheduler.QuantumLeft = 0;
        return 0;
    }

    static Result Interval(Task task, in CallArguments a) => !Exists(task, a[0]) ? Errno.ESRCH : TimeAbi.Write(task, a[1], RemainderKind.Timespec32, Scheduler.Quantum) ? 0 : Errno.EFAULT;

    static Result IntervalLong(Task task, in CallArguments a) => !Exists(task, a[0]) ? Errno.ESRCH : TimeAbi.Write(task, a[1], RemainderKind.Timespec64, Scheduler.Quantum) ? 0 : Errno.EFAULT;

    static Result SetAffinity(Task task, in CallArguments a)
    {
        byte mask = 0;
        if (a[1] != 0 && !task.AddressSpace!.TryRead(a[2], out mask)) return Errno.EFAULT;
        var target = a[0] == 0 ? task : task.Machine.FindTask((int)a[0]);
        if (target == null) return Errno.ESRCH;
        if (!TaskAccess.MaySchedule(task, target)) return Errno.EPERM;
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
