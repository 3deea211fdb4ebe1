using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <summary>Waits that an image carries.</summary>
internal interface IRestoredWaiter
{
    /// <summary>Waits in a queue again, behind those who do already.</summary>
    void WaitAgain(WaitQueue queue);
}

/// <summary>A waiter of the host's, which no image carries: whoever it waits for ends in a machine that is made from one.</summary>
internal interface IOutsideWaiter : IWaiter;

/// <summary>Watches for long what an image carries.</summary>
internal interface IRestoredWatcher : IExclusiveWaiter
{
    /// <summary>Knows again that it is in a queue, to which it has just been added.</summary>
    void WatchAgain(WaitQueue queue, bool isExclusive, StateVisitor visitor);
}

/// <content>Who waits, in order.</content>
public sealed partial class WaitQueue
{
    /// <summary>When every object is filled, and before holders are counted.</summary>
    const int ObjectsAreFilled = 50;

    const int Most = 1 << 20;

    /// <summary>Those who wait for once, and those who watch.</summary>
    internal void Visit(StateVisitor visitor, string name)
    {
        var read = visitor.Refs(name, In(waiters), Most);
        VisitWatchers(visitor, name + "-watchers", In(watchers), isExclusive: false);
        VisitWatchers(visitor, name + "-exclusive", In(exclusive), isExclusive: true);
        if (!visitor.IsReading || read.Count == 0) return;
        visitor.Later(ObjectsAreFilled, () =>
        {
            foreach (var waiter in read) (waiter as IRestoredWaiter ?? throw visitor.Broken($"{name} are waiters")).WaitAgain(this);
        });
    }

    void VisitWatchers(StateVisitor visitor, string name, List<IWaiter> there, bool isExclusive)
    {
        if (!visitor.IsReading && there.Count == 0) return;
        var read = visitor.Refs(name, there, Most);
        if (!visitor.IsReading || read.Count == 0) return;
        visitor.Later(ObjectsAreFilled, () =>
        {
            foreach (var waiter in read)
            {
                var watcher = waiter as IRestoredWatcher ?? throw visitor.Broken($"{name} watch");
                if (isExclusive) AddExclusive(watcher);
                else AddWatcher(watcher);
                watcher.WatchAgain(this, isExclusive, visitor);
            }
        });
    }

    static List<IWaiter> In<T>(OrderedSet<T>? set) where T : class, IWaiter
    {
        var there = new List<IWaiter>();
        for (int place = 0; place < (set?.End ?? 0); place++)
            if (set![place] is { } one and not IOutsideWaiter) there.Add(one);
        return there;
    }
}
