namespace CheckpointRestart.Core.Kernel.Events;

/// <summary>What a timer does when it expires: SIGEV_* (asm-generic/siginfo.h).</summary>
internal enum TimerNotice
{
    Signal = 0,
    None = 1,
    Thread = 2,
    ThreadId = 4,
}

/// <summary>Which clock drives a timer.</summary>
/// <param name="IsRealtime">Counts from 1970, and follows clock_settime(2) when the time was given absolutely.</param>
/// <param name="Group">The process whose processor time counts; null for a clock of the machine.</param>
/// <param name="Thread">The thread, when its alone counts.</param>
internal readonly record struct TimerClock(bool IsRealtime, ThreadGroup? Group, Task? Thread);

/// <summary>A timer of timer_create(2) (Linux: kernel/time/posix-timers.c). It has one signal, which it sends again only after that was taken: what expires meanwhile is counted.</summary>
internal sealed partial class PosixTimer : Files.IWaiter
{
    readonly ThreadGroup owner;
    readonly TimerClock clock;
    readonly Timer? timer;
    readonly CpuTimer? cpuTimer;
    long due;
    long interval;
    long overrun = -1;
    bool isActive;
    bool isDeleted;
    bool followsClock;
    uint generation;

    public PosixTimer(ThreadGroup owner, int id, TimerClock clock)
    {
        this.owner = owner;
        Id = id;
        this.clock = clock;
        if (clock.Group == null) timer = new() { Owner = owner.Leader, Expired = _ => OnExpired() };
        else cpuTimer = new() { Thread = clock.Thread, Expired = _ => OnExpired() };
    }

    public int Id { get; }

    public TimerNotice Notice { get; set; }

    public Signal Signal { get; set; }

    /// <summary>sigev_value.</summary>
    public uint Value { get; set; }

    /// <summary>The thread that gets the signal; null for the process.</summary>
    public Task? Target { get; set; }

    /// <summary>Expiries that the signal taken last did not stand for.</summary>
    public int LastOverrun { get; private set; }

    /// <summary>True while its signal waits to be taken.</summary>
    internal bool IsQueued { get; set; }

    Machine Machine => owner.Machine;

    long Now => clock.Group != null ? (long)clock.Group.CpuTimers.ClockOf(clock.Thread) : followsClock ? Machine.Clock.Realtime : Machine.Clock.Now;

    /// <summary>timer_gettime(2): interval and time left.</summary>
    public (long Interval, long Left) Get()
    {
        if (interval == 0 && !isActive) return (0, 0);
        long now = Now;
        bool isSilent = Notice == TimerNotice.None;
        if (interval > 0 && (isSilent || !isActive)) overrun += Forward(now);
        long left = due - now;
        return (interval, left > 0 ? left : isSilent ? 0 : 1);
    }

    /// <summary>timer_settime(2): gives what was set before.</summary>
    public (long Interval, long Left) Set(long value, long every, bool isAbsolute)
    {
        var old = Get();
        Disarm();
        interval = 0;
        generation++;
        LastOverrun = 0;
        if (value == 0) return old;
        interval = every;
        followsClock = clock.IsRealtime && isAbsolute;
        due = isAbsolute ? value : Syscalls.TimerCalls.After(Now, value);
        if (followsClock) Machine.ClockSet.Add(this);
        Arm();
        return old;
    }

    /// <summary>The timer is gone; its signal may still wait, and is then the last.</summary>
    public void Delete()
    {
        Disarm();
        isDeleted = true;
    }

    /// <summary>Its signal is taken: the interval goes on.</summary>
    internal void Taken(ref SignalInfo info)
    {
        IsQueued = false;
        if (isDeleted || interval == 0 || info.TimerGeneration != generation) return;
        overrun += Forward(Now);
        Arm();
        LastOverrun = (int)Math.Min(overrun, int.MaxValue);
        overrun = -1;
        info.Field1 = (uint)Math.Min((long)info.Field1 + LastOverrun, int.MaxValue);
    }

    /// <summary>The realtime clock was set.</summary>
    void Files.IWaiter.Woken(Files.WaitQueue queue)
    {
        if (isActive) Arm();
    }

    /// <summary>Everything that tells it from another, for the hash of a state.</summary>
    internal void Describe(Files.IStateDigest digest)
    {
        digest.Number((long)Id << 32 | (uint)Signal);
        digest.Number((long)Notice << 32 | Value);
        digest.Number(Target?.Pid ?? 0);
        digest.Number((clock.IsRealtime ? 1 : 0) | (isActive ? 2 : 0) | (isDeleted ? 4 : 0) | (followsClock ? 8 : 0) | (IsQueued ? 16 : 0));
        digest.Number((long)(clock.Group?.Id ?? 0) << 32 | (uint)(clock.Thread?.Pid ?? 0));
        digest.Number(due);
        digest.Number(interval);
        digest.Number(overrun);
        digest.Number((long)LastOverrun << 32 | generation);
    }

    void OnExpired()
    {
        isActive = false;
        if (IsQueued)
        {
            overrun++;
            return;
        }
        var info = new SignalInfo { Signal = Signal, Code = SignalCode.Timer, Field0 = (uint)Id, Field2 = Value, Timer = this, TimerGeneration = generation };
        if (Target == null) Machine.SendSignal(owner, info);
        else if (!Target.HasExited) Machine.SendSignal(Target, info);
        if (IsQueued || interval == 0) return;
        // Nobody wants the signal: it goes on without it.
        overrun += Forward(Now);
        Arm();
    }

    void Arm()
    {
        isActive = true;
        if (Notice == TimerNotice.None) return;
        if (cpuTimer != null) clock.Group!.CpuTimers.Arm(cpuTimer, (ulong)due);
        else if (due != SystemCallState.Never) Machine.Timers.Arm(timer!, followsClock ? due - Machine.Clock.RealtimeOffset : due);
    }

    void Disarm()
    {
        isActive = false;
        if (timer != null) Machine.Timers.Disarm(timer);
        if (cpuTimer != null) clock.Group!.CpuTimers.Disarm(cpuTimer);
        Machine.ClockSet.Remove(this);
        followsClock = false;
    }

    /// <summary>Moves the expiry beyond now; gives the periods that passed.</summary>
    long Forward(long now)
    {
        if (now < due) return 0;
        long periods = (now - due) / interval + 1;
        due = periods > (SystemCallState.Never - due) / interval ? SystemCallState.Never : due + periods * interval;
        return periods;
    }
}
