namespace CheckpointRestart.Core.Files;

/// <summary>Told when what it waits for may have happened.</summary>
public interface IWaiter
{
    /// <summary>The queue was woken, for <see cref="WaitQueue.Events"/>. The waiter stays in the queue until it is removed, which it may do here.</summary>
    void Woken(WaitQueue queue);
}

/// <summary>A waiter of whom one is enough for one wake.</summary>
public interface IExclusiveWaiter : IWaiter
{
    /// <summary>As <see cref="IWaiter.Woken"/>; true when nobody further needs to be told.</summary>
    bool TryTake(WaitQueue queue);
}

/// <summary>Who waits for one condition of one object, first come first woken. Used on the machine's thread alone.</summary>
public sealed partial class WaitQueue
{
    readonly OrderedSet<IWaiter> waiters = new();
    OrderedSet<IWaiter>? watchers;
    OrderedSet<IExclusiveWaiter>? exclusive;

    /// <summary>True where the arrival of signals is told.</summary>
    internal bool IsOfSignals { get; init; }

    /// <summary>True when nobody waits.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>While the queue is being woken: what happened, as far as the object tells; <see cref="PollEvents.Any"/> when it does not.</summary>
    public PollEvents Events { get; private set; } = PollEvents.Any;

    /// <summary>Adds a waiter at the end; who is added while the queue is being woken is not woken by that.</summary>
    public void Add(IWaiter waiter)
    {
        waiters.Add(waiter);
        Count++;
    }

    /// <summary>Adds one who watches for long: told before those who wait, the latest first, as Linux keeps them.</summary>
    public void AddWatcher(IWaiter watcher)
    {
        (watchers ??= new()).Add(watcher);
        Count++;
    }

    /// <summary>Adds a waiter who is told after all others, and only when no exclusive one before it took the wake.</summary>
    public void AddExclusive(IExclusiveWaiter waiter)
    {
        (exclusive ??= new()).Add(waiter);
        Count++;
    }

    /// <summary>Removes a waiter; nothing happens when it is not in the queue.</summary>
    public void Remove(IWaiter waiter)
    {
        if (waiters.Remove(waiter) || watchers?.Remove(waiter) == true || (waiter is IExclusiveWaiter one && exclusive?.Remove(one) == true)) Count--;
    }

    /// <summary>Tells all who wait.</summary>
    public void Wake() => Wake(PollEvents.Any);

    /// <summary>Tells all who wait what happened.</summary>
    public void Wake(PollEvents events)
    {
        if (Count == 0) return;
        var outer = Events;
        Events = events;
        int end = waiters.End, exclusiveEnd = exclusive?.End ?? 0;
        var (watchersThen, exclusiveThen) = (watchers, exclusive);
        waiters.BeginReading();
        watchersThen?.BeginReading();
        exclusiveThen?.BeginReading();
        for (int index = (watchersThen?.End ?? 0) - 1; index >= 0; index--) watchersThen![index]?.Woken(this);
        for (int index = 0; index < end; index++) waiters[index]?.Woken(this);
        for (int index = 0; index < exclusiveEnd; index++)
            if (exclusiveThen![index]?.TryTake(this) == true) break;
        Events = outer;
        waiters.EndReading();
        watchersThen?.EndReading();
        exclusiveThen?.EndReading();
    }
}
