using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Futexes;

/// <content>State: everybody who waits, each queue from its oldest on.</content>
internal sealed partial class FutexTable
{
    /// <summary>Waiters come into their queues when all objects are filled; what they say is checked behind that.</summary>
    internal const int WaitersAreFilled = 50, WaitersAreQueued = 60;

    const int MostWaiters = Machine.MaximumPid * FutexGroup.Most;

    internal void Visit(StateVisitor visitor)
    {
        var read = visitor.Refs("futex-waiters", visitor.IsReading ? [] : All(), MostWaiters);
        if (!visitor.IsReading) return;
        visitor.Later(WaitersAreFilled, () =>
        {
            foreach (var waiter in read)
            {
                visitor.Require(waiter.Queue == null && !waiter.IsWoken, "who waits for a futex is in one queue once");
                Add(waiter);
                if (waiter.Lock != null) waiter.Lock.RestoredWaiters++;
            }
        });
        visitor.Later(WaitersAreQueued, () => CheckOwners(visitor, read));
    }

    /// <summary>Queues in an order that the state alone decides.</summary>
    List<FutexWaiter> All()
    {
        var all = new List<FutexWaiter>();
        foreach (var queue in queues.Values.OrderBy(static queue => queue.First!.Task.Pid).ThenBy(static queue => queue.Key.Offset))
            for (var waiter = queue.First; waiter != null; waiter = waiter.Next) all.Add(waiter);
        return all;
    }

    /// <summary>Nobody waits for himself, also not through others: a lock's owner is asked for what he waits for until one waits for nothing.</summary>
    void CheckOwners(StateVisitor visitor, IReadOnlyList<FutexWaiter> waiters)
    {
        var known = new HashSet<PiState>(ReferenceEqualityComparer.Instance);
        var places = new Dictionary<FutexKey, PiState>();
        var way = new HashSet<PiState>(ReferenceEqualityComparer.Instance);
        foreach (var waiter in waiters)
        {
            if (waiter.Lock == null) continue;
            visitor.Require(places.TryAdd(waiter.Key, waiter.Lock) || ReferenceEquals(places[waiter.Key], waiter.Lock), "those who wait for a lock at one place wait for the same");
            way.Clear();
            for (var held = waiter.Lock; held != null && !known.Contains(held);)
            {
                visitor.Require(way.Add(held), "owners of locks do not wait for each other in a circle");
                held = held.Owner is { Call: { IsActive: true, Subject: FutexWaiter { Lock: { } next } } } ? next : null;
            }
            known.UnionWith(way);
        }
    }
}

/// <content>State.</content>
internal sealed partial class FutexWaiter : IStateObject
{
    string IStateObject.StateKind => "futex-waiter";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        visitor.Uint("bits", Bits);
        Key = visitor.Key("key", Key) ?? throw visitor.Broken("who waits for a futex waits for a word");
        IsWoken = visitor.Flag("woken", IsWoken);
        Lock = visitor.Ref("lock", Lock);
        RequeueKey = visitor.Key("requeue-key", RequeueKey);
        LockAddress = visitor.Uint("lock-address", LockAddress);
        if (!visitor.IsReading) return;
        visitor.Later(FutexTable.WaitersAreQueued, () =>
        {
            visitor.Require(ReferenceEquals(Task.Call.Subject, this) || (Task.Call.Subject is FutexGroup group && group.Contains(this)), "who waits for a futex is in the call");
            visitor.Require(IsWoken == (Queue == null), "who waits for a futex waits until he is woken");
            visitor.Require(Lock == null || (Queue != null && Lock.Key == Key && Task.AddressSpace != null), "who waits for a lock waits where that is");
        });
    }

    internal static FutexWaiter Create(StateVisitor visitor) => new(visitor.Need<Task>("task", null), default, visitor.Uint("bits", 0));
}

/// <content>State.</content>
internal sealed partial class PiState : IStateObject
{
    /// <summary>Those found in queues while an image is read.</summary>
    internal int RestoredWaiters { get; set; }

    string IStateObject.StateKind => "futex-lock";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Key = visitor.Key("key", Key) ?? throw visitor.Broken("a lock has a word");
        Owner = visitor.Ref("owner", Owner);
        Waiters = visitor.Int("waiters", Waiters, 1);
        if (!visitor.IsReading) return;
        visitor.Later(FutexTable.WaitersAreQueued, () =>
        {
            visitor.Require(Waiters == RestoredWaiters, "as many wait for a lock as it says");
            visitor.Require(Owner == null || (!Owner.HasExited && Owner.OwnedLocks is { } owned && owned.Contains(this)), "a lock's owner knows of it");
        });
    }

    internal static PiState Create() => new(default);
}

/// <summary>Places of futexes as fields.</summary>
internal static class FutexStateFields
{
    /// <summary>The object that has the word, and where in it.</summary>
    public static FutexKey? Key(this StateVisitor visitor, string name, FutexKey? key)
    {
        if (!visitor.BeginStructure(name, key != null)) return visitor.IsReading ? null : key;
        object owner = visitor.Need("owner", key?.Owner);
        ulong offset = visitor.Word("offset", key?.Offset ?? 0);
        visitor.EndStructure();
        visitor.Require(owner is AddressSpace or Inode or IPageSource, "a futex is in memory or in a file");
        return new(owner, offset);
    }
}
