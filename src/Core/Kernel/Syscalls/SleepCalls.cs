namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Sleeping: nanosleep(2), clock_nanosleep(2), restart_syscall(2).</summary>
internal static class SleepCalls
{
    internal static readonly Syscall[] Table =
    [
        new(0, "restart_syscall", Restart, Support.Full),
        new(162, "nanosleep", Sleep, Support.Full),
        new(267, "clock_nanosleep", SleepOnClock, Support.Full),
        new(407, "clock_nanosleep_time64", SleepOnClockLong, Support.Full),
    ];

    /// <summary>Goes on with a timed call. Calls go on by themselves except where a tracer looks on, so that there is something only for a traced task.</summary>
    static Result Restart(Task task, in CallArguments a)
    {
        if (task.Call.Block is not { } block) return Errno.EINTR;
        task.Call.Resume(block);
        return SyscallTable.Find(block.Number)!.Handler(task, task.Call.Arguments);
    }

    static Result Sleep(Task task, in CallArguments a) => SleepFor(task, a[0], a[1], RemainderKind.Timespec32);

    static Result SleepFor(Task task, uint request, uint remainder, RemainderKind layout)
    {
        if (!task.Call.IsRetry)
        {
            var error = TimeAbi.Read(task, request, layout, out long length);
            if (error != Errno.None) return error;
            task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, length));
            task.Call.RemainderAddress = remainder;
            task.Call.Remainder = layout;
        }
        return task.IsPastDeadline ? 0 : Result.Wait(null, Interruption.RestartBlock);
    }

    static Result SleepOnClock(Task task, in CallArguments a) => SleepOnClock(task, a, RemainderKind.Timespec32);

    static Result SleepOnClockLong(Task task, in CallArguments a) => SleepOnClock(task, a, RemainderKind.Timespec64);

    static Result SleepOnClock(Task task, in CallArguments a, RemainderKind layout)
    {
        const uint absolute = 1;
        if (!task.Call.IsRetry)
        {
            var error = ClockCalls.Check(a[0], out var kind);
            if (error != Errno.None) return error;
            if (a[0] is 3 or 4 or 5 or 6) return Errno.EOPNOTSUPP;
            if (kind is ClockCalls.Kind.ProcessTime or ClockCalls.Kind.ThreadTime) return SleepOnProcessor(task, a, layout, (a[1] & absolute) != 0);
            if ((a[1] & absolute) == 0) return SleepFor(task, a[2], a[3], layout);
            error = TimeAbi.Read(task, a[2], layout, out long at);
            if (error != Errno.None) return error;
            var clock = task.Machine.Clock;
            task.SetDeadline(at == SystemCallState.Never ? at : kind == ClockCalls.Kind.Realtime ? at - clock.RealtimeOffset : at);
        }
        if (task.Call.Subject is ProcessorSleep sleep) return sleep.HasEnded ? 0 : sleep.Wait(task);
        if (task.IsPastDeadline) return 0;
        return Result.Wait(null, (a[1] & absolute) != 0 ? Interruption.NoHandler : Interruption.RestartBlock);
    }

    /// <summary>Sleeps until a process or thread has run for a time: others must do that meanwhile.</summary>
    static Result SleepOnProcessor(Task task, in CallArguments a, RemainderKind layout, bool isAbsolute)
    {
        var error = ClockCalls.FindCpuClock(task, a[0], out var group, out var thread);
        if (error != Errno.None) return error;
        if (ReferenceEquals(thread, task)) return Errno.EINVAL;
        error = TimeAbi.Read(task, a[2], layout, out long length);
        if (error != Errno.None) return error;
        ulong now = group!.CpuTimers.ClockOf(thread);
        ulong at = isAbsolute ? (ulong)length : (ulong)TimerCalls.After((long)now, length);
        if (at <= now) return 0;
        var sleep = new ProcessorSleep(task, group, thread, layout, isAbsolute ? 0 : a[3]);
        task.Call.Subject = sleep;
        group.CpuTimers.Arm(sleep.Timer, at);
        return sleep.Wait(task);
    }
}
