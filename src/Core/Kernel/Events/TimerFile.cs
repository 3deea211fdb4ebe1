using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Events;

/// <summary>A timer by descriptor (timerfd_create(2), Linux: fs/timerfd.c). An interval costs nothing between two reads: what went by is counted when somebody looks.</summary>
public sealed partial class TimerFile : AnonymousFile, IWaiter
{
    /// <summary>TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET.</summary>
    internal const uint Absolute = 1, CancelOnSet = 2;

    readonly Machine machine;
    readonly Timer timer;
    readonly WaitQueue readable = new();
    long due;
    long interval;
    bool hasExpired;
    bool isCancelled;
    uint settings;

    internal TimerFile(Machine machine, uint clock, OpenFlags flags) : base(machine.Tree, "[timerfd]", flags | OpenFlags.ReadWrite)
    {
        this.machine = machine;
        ClockId = clock;
        timer = new Timer { Expired = OnExpired };
    }

    /// <summary>The clock: CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME or an alarm clock.</summary>
    public uint ClockId { get; private set; }

    /// <summary>Expiries that nobody has read.</summary>
    public ulong Ticks { get; private set; }

    /// <inheritdoc/>
    public override WaitQueue Readable => readable;

    /// <inheritdoc/>
    public override int WholeBytes => 8;

    /// <inheritdoc/>
    public override string Details
    {
        get
        {
            var (left, every) = (TimeConversions.ToTimespec(Left), TimeConversions.ToTimespec(interval));
            return $"clockid: {ClockId}\nticks: {Ticks}\nsettime flags: 0{Convert.ToString(settings, 8)}\n"
                + $"it_value: ({left.Seconds}, {left.Nanoseconds})\nit_interval: ({every.Seconds}, {every.Nanoseconds})\n";
        }
    }

    bool IsRealtime => ClockId is 0 or 8;

    bool FollowsClock => IsRealtime && (settings & Absolute) != 0;

    /// <summary>Nanoseconds to the next expiry, 0 when none comes.</summary>
    long Left => timer.IsArmed ? Math.Max(timer.At - machine.Clock.Now, 1) : 0;

    /// <inheritdoc/>
    public override void Describe(IStateDigest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        digest.Number((long)Ticks);
        digest.Number(timer.IsArmed ? timer.At : -1);
        digest.Number(due);
        digest.Number(interval);
        digest.Number((long)ClockId << 32 | settings);
        digest.Number((hasExpired ? 1 : 0) | (isCancelled ? 2 : 0));
    }

    /// <inheritdoc/>
    public override PollEvents Poll() => Ticks > 0 ? PollEvents.In : PollEvents.None;

    /// <summary>What timerfd_gettime(2) tells; an interval that went by is counted and goes on.</summary>
    internal (long Interval, long Left) Get()
    {
        CatchUp();
        return (interval, Left);
    }

    /// <summary>Sets the timer, and gives what was set before.</summary>
    internal (long Interval, long Left) Set(long value, long every, uint flags)
    {
        CatchUp();
        var old = (interval, Left);
        machine.Timers.Disarm(timer);
        machine.ClockSet.Remove(this);
        hasExpired = isCancelled = false;
        Ticks = 0;
        interval = every;
        settings = flags;
        if (value != 0)
        {
            due = (flags & Absolute) != 0 ? value : Syscalls.TimerCalls.After(machine.Clock.Now, value);
            Arm();
        }
        if (FollowsClock) machine.ClockSet.Add(this);
        return old;
    }

    /// <summary>The realtime clock was set.</summary>
    void IWaiter.Woken(WaitQueue queue)
    {
        if (timer.IsArmed) Arm();
        if ((settings & CancelOnSet) == 0) return;
        isCancelled = true;
        Ticks++;
        readable.Wake(PollEvents.In);
    }

    /// <inheritdoc/>
    protected override IoResult ReadNext(Span<byte> to)
    {
        if (to.Length < 8) return Errno.EINVAL;
        if (Ticks == 0) return IsNonBlocking ? Errno.EAGAIN : IoResult.Block(readable);
        if (isCancelled)
        {
            isCancelled = hasExpired = false;
            Ticks = 0;
            return Errno.ECANCELED;
        }
        CatchUp();
        BinaryPrimitives.WriteUInt64LittleEndian(to, Ticks);
        Ticks = 0;
        return IoResult.From(8);
    }

    /// <inheritdoc/>
    protected override void OnClose()
    {
        machine.Timers.Disarm(timer);
        machine.ClockSet.Remove(this);
    }

    void OnExpired(Timer expired)
    {
        hasExpired = true;
        Ticks++;
        readable.Wake(PollEvents.In);
    }

    void CatchUp()
    {
        if (!hasExpired || interval == 0) return;
        hasExpired = false;
        long now = machine.Clock.Now + (FollowsClock ? machine.Clock.RealtimeOffset : 0);
        long periods = Math.Max((now - due) / interval, 0) + 1;
        Ticks += (ulong)periods - 1;
        due = periods > (SystemCallState.Never - due) / interval ? SystemCallState.Never : due + periods * interval;
        Arm();
    }

    void Arm()
    {
        long at = due == SystemCallState.Never || !FollowsClock ? due : due - machine.Clock.RealtimeOffset;
        if (at == SystemCallState.Never) machine.Timers.Disarm(timer);
        else machine.Timers.Arm(timer, at);
    }
}
