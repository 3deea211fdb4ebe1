namespace CheckpointRestart.Core.Kernel.Events;

/// <summary>Something that happens when a process or a thread has run for a time. An instruction counts as a nanosecond.</summary>
internal sealed partial class CpuTimer
{
    /// <summary>Told when the time has come; the timer is no longer armed then.</summary>
    public required Action<CpuTimer> Expired { get; init; }

    /// <summary>Whose time counts; null for the whole process.</summary>
    public Task? Thread { get; init; }

    /// <summary>Nanoseconds of processor time, meaningful while armed.</summary>
    public ulong At { get; internal set; }

    /// <summary>Nanoseconds from one expiry to the next, 0 for once.</summary>
    public ulong Interval { get; set; }

    /// <summary>True while it is waited for.</summary>
    public bool IsArmed { get; internal set; }
}

/// <summary>What waits for the processor time of one process: timers, ITIMER_VIRTUAL, ITIMER_PROF and RLIMIT_CPU (Linux: kernel/time/posix-cpu-timers.c).</summary>
internal sealed partial class CpuTimers
{
    readonly ThreadGroup group;
    readonly List<CpuTimer> armed = [];

    public CpuTimers(ThreadGroup group)
    {
        this.group = group;
        Virtual = new() { Expired = timer => OnInterval(timer, Signal.SIGVTALRM) };
        Profile = new() { Expired = timer => OnInterval(timer, Signal.SIGPROF) };
    }

    /// <summary>ITIMER_VIRTUAL. Time in the kernel is not counted, so it runs with <see cref="Profile"/>.</summary>
    public CpuTimer Virtual { get; }

    /// <summary>ITIMER_PROF.</summary>
    public CpuTimer Profile { get; }

    /// <summary>True when nothing waits for processor time.</summary>
    public bool IsIdle => armed.Count == 0 && group.Limits[Resource.CpuTime].Current == ResourceLimit.Infinity;

    /// <summary>The time that a timer counts.</summary>
    public ulong ClockOf(Task? thread) => thread?.Instructions ?? group.Instructions;

    public void Arm(CpuTimer timer, ulong at)
    {
        timer.At = at;
        if (timer.IsArmed) return;
        timer.IsArmed = true;
        armed.Add(timer);
    }

    public void Disarm(CpuTimer timer)
    {
        if (!timer.IsArmed) return;
        timer.IsArmed = false;
        armed.Remove(timer);
    }

    /// <summary>How many instructions a task of the process may retire until something is due, at least 1.</summary>
    public ulong Left(Task running)
    {
        ulong now = group.Instructions, left = Until(Nanoseconds(group.Limits[Resource.CpuTime].Current), now);
        foreach (var timer in armed)
            if (timer.Thread == null || ReferenceEquals(timer.Thread, running)) left = Math.Min(left, Until(timer.At, timer.Thread == null ? now : running.Instructions));
        return Math.Max(left, 1);
    }

    /// <summary>Runs what is due.</summary>
    public void Run()
    {
        for (int index = 0; index < armed.Count; index++)
        {
            var timer = armed[index];
            if (timer.At > ClockOf(timer.Thread)) continue;
            timer.IsArmed = false;
            armed.RemoveAt(index--);
            timer.Expired(timer);
        }
        CheckLimit();
    }

    /// <summary>Everything that is waited for, for the hash of a state.</summary>
    internal void Describe(Files.IStateDigest digest)
    {
        foreach (var timer in armed)
        {
            digest.Number(timer.Thread?.Pid ?? 0);
            digest.Number((long)timer.At);
            digest.Number((long)timer.Interval);
        }
    }

    static ulong Until(ulong at, ulong now) => at > now ? at - now : 0;

    static ulong Nanoseconds(ulong seconds) => seconds >= ulong.MaxValue / (ulong)TimeConversions.Second ? ulong.MaxValue : seconds * (ulong)TimeConversions.Second;

    /// <summary>RLIMIT_CPU: SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one.</summary>
    void CheckLimit()
    {
        var limit = group.Limits[Resource.CpuTime];
        if (limit.Current == ResourceLimit.Infinity) return;
        ulong now = group.Instructions;
        if (limit.Maximum != ResourceLimit.Infinity && now >= Nanoseconds(limit.Maximum))
        {
            group.Limits[Resource.CpuTime] = new(ResourceLimit.Infinity, limit.Maximum);
            group.Machine.SendSignal(group, SignalInfo.FromKernel(Signal.SIGKILL));
        }
        else if (now >= Nanoseconds(limit.Current))
        {
            group.Limits[Resource.CpuTime] = limit with { Current = limit.Current + 1 };
            group.Machine.SendSignal(group, SignalInfo.FromKernel(Signal.SIGXCPU));
        }
    }

    void OnInterval(CpuTimer timer, Signal signal)
    {
        if (timer.Interval > 0) Arm(timer, timer.At + ((group.Instructions - timer.At) / timer.Interval + 1) * timer.Interval);
        group.Machine.SendSignal(group, SignalInfo.FromKernel(signal));
    }
}
