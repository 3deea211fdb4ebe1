namespace CheckpointRestart.Core.Kernel;

/// <summary>Something that happens at a time.</summary>
internal sealed partial class Timer
{
    /// <summary>Told when the time has come; the timer is no longer armed then.</summary>
    public required Action<Timer> Expired { get; init; }

    /// <summary>Whose timer it is: the timers of a frozen task wait until it is thawed. Null for the machine's own.</summary>
    public Task? Owner { get; set; }

    /// <summary>Monotonic nanoseconds, meaningful while armed.</summary>
    public long At { get; internal set; }

    /// <summary>Nanoseconds from one expiry to the next, 0 for once.</summary>
    public long Interval { get; set; }

    /// <summary>True while it is in the queue.</summary>
    public bool IsArmed { get; internal set; }

    internal long Order { get; set; }
}

/// <summary>The timers of a machine, by time and, when equal, in the order in which they were armed.</summary>
internal sealed partial class TimerQueue
{
    readonly SortedSet<Timer> timers = new(Comparer<Timer>.Create(static (a, b) =>
        a.At != b.At ? a.At.CompareTo(b.At) : a.Order.CompareTo(b.Order)));

    long order;

    /// <summary>Arms or moves a timer.</summary>
    public void Arm(Timer timer, long at)
    {
        Disarm(timer);
        timer.At = at;
        timer.Order = ++order;
        timer.IsArmed = true;
        timers.Add(timer);
    }

    /// <summary>Takes a timer out; nothing happens when it is not armed.</summary>
    public void Disarm(Timer timer)
    {
        if (!timer.IsArmed) return;
        timers.Remove(timer);
        timer.IsArmed = false;
    }

    /// <summary>True when none is armed.</summary>
    public bool IsEmpty => timers.Count == 0;

    /// <summary>The time of the next timer whose owner is not frozen, or <see cref="SystemCallState.Never"/>.</summary>
    public long Next
    {
        get
        {
            var first = timers.Min;
            if (first == null) return SystemCallState.Never;
            if (first.Owner is not { IsHeld: true }) return first.At;
            foreach (var timer in timers)
                if (timer.Owner is not { IsHeld: true }) return timer.At;
            return SystemCallState.Never;
        }
    }

    /// <summary>Runs all timers that are due.</summary>
    public void Run(long now)
    {
        while (Next <= now)
        {
            Timer? due = null;
            foreach (var timer in timers)
            {
                if (timer.Owner is { IsHeld: true }) continue;
                due = timer;
                break;
            }
            Disarm(due!);
            due!.Expired(due);
        }
    }
}
