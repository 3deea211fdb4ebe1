using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <content>State: values, who changed them, and who waits, the oldest first.</content>
public sealed partial class SemaphoreSet : IStateObject
{
    /// <summary>What SEMMSL and SEMOPM may be raised to (sem of /proc/sys/kernel).</summary>
    const int MostValues = ushort.MaxValue + 1;

    string IStateObject.StateKind => "semaphore-set";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Int("count", Values.Length);
        VisitObject(visitor);
        OperationTime = visitor.Number("otime", OperationTime);
        int count = visitor.BeginList("semaphores", Values.Length, Values.Length);
        for (int i = 0; i < count; i++)
        {
            visitor.Item();
            Values[i] = (ushort)visitor.Int("value", Values[i], 0, ValueMost);
            Pids[i] = visitor.Int("pid", Pids[i], 0);
        }
        visitor.EndList();
        var read = visitor.Refs("waiters", waiters, Machine.MaximumPid);
        if (!visitor.IsReading) return;
        visitor.Later(Futexes.FutexTable.WaitersAreFilled, () =>
        {
            foreach (var waiter in read)
            {
                visitor.Require(ReferenceEquals(waiter.Set, this) && !waiter.IsIn && waiter.Outcome == null && !IsRemoved, "who waits for semaphores waits in one set once");
                waiter.Enter();
            }
        });
    }

    internal static SemaphoreSet Create(StateVisitor visitor) => new(visitor.Int("count", 0, 1, MostValues));
}

/// <content>State.</content>
internal sealed partial class SemaphoreWaiter : IStateObject
{
    /// <summary>Its set.</summary>
    internal SemaphoreSet Set => set;

    /// <summary>True while it is in the set's queue.</summary>
    internal bool IsIn => node != null;

    string IStateObject.StateKind => "semaphore-waiter";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        visitor.Need("set", set);
        if (!visitor.IsReading) VisitOperations(visitor, Operations);
        bool undoes = visitor.Flag("undo", Adjustments != null && !set.IsRemoved);
        if (visitor.BeginStructure("blocking", true))
        {
            Blocking = Visit(visitor, Blocking);
            visitor.EndStructure();
        }
        Outcome = visitor.Outcome(Outcome);
        if (!visitor.IsReading) return;
        visitor.Require(Array.TrueForAll(Operations, operation => operation.Number < set.Values.Length) && Blocking.Number < set.Values.Length, "operations are of semaphores that are there");
        visitor.Later(Futexes.FutexTable.WaitersAreQueued, () =>
        {
            visitor.Require(IsIn == (Outcome == null), "who waits for semaphores waits until the call has its outcome");
            visitor.Require(undoes || set.IsRemoved || Array.TrueForAll(Operations, static operation => (operation.Flags & SemaphoreOperation.Undo) == 0), "operations with SEM_UNDO have something to undo");
            if (!undoes) return;
            visitor.Require(!set.IsRemoved, "nothing is undone of a set that was removed");
            Adjustments = Task.SemaphoreUndo?.Find(set);
            visitor.Require(Adjustments != null, "who waits with SEM_UNDO has an entry for the set");
        });
    }

    static SemaphoreOperation Visit(StateVisitor visitor, SemaphoreOperation operation) =>
        new((ushort)visitor.Uint("number", operation.Number, ushort.MaxValue), (short)visitor.Int("change", operation.Change, short.MinValue, short.MaxValue), (short)visitor.Int("flags", operation.Flags, short.MinValue, short.MaxValue));

    static SemaphoreOperation[] VisitOperations(StateVisitor visitor, SemaphoreOperation[] operations) =>
        [.. visitor.List<SemaphoreOperation>("operations", operations, 1 << 20, static (v, operation) => Visit(v, operation))];

    internal static SemaphoreWaiter Create(StateVisitor visitor)
    {
        var operations = VisitOperations(visitor, []);
        visitor.Require(operations.Length > 0, "who waits for semaphores has operations");
        return new(visitor.Need<Task>("task", null), visitor.Need<SemaphoreSet>("set", null), operations, null, default);
    }
}

/// <content>State.</content>
public sealed partial class SemaphoreUndo : IStateObject
{
    string IStateObject.StateKind => "semaphore-undo";

    void IStateObject.Visit(StateVisitor visitor)
    {
        int users = visitor.Int("users", Users, 1);
        var read = visitor.List<(SemaphoreSet Set, short[] Adjustments)>("sets", entries, 1 << 16, static (v, entry) =>
        {
            var set = v.Need("set", entry.Set);
            var words = v.Bytes("changes", entry.Adjustments == null ? null : System.Runtime.InteropServices.MemoryMarshal.AsBytes<short>(entry.Adjustments).ToArray(), 1 << 18) ?? [];
            return (set, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(words).ToArray());
        });
        if (!visitor.IsReading) return;
        Users = 0;
        foreach (var (set, adjustments) in read)
        {
            visitor.Require(Find(set) == null && adjustments.Length == set.Values.Length, "a list of what is to be undone has each set once, with a change for each semaphore");
            entries.Add((set, adjustments));
        }
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(Users == users, "what is to be undone has as many users as it says"));
    }

    /// <summary>Counts a task that an image gives the list to, and with the first one what it takes.</summary>
    internal void AddRestoredUser(IpcState state)
    {
        if (Users++ == 0) state.RestoredMemory += entries.Sum(static entry => Cost(entry.Set));
    }

    /// <summary>The changes of a set; null when there are none.</summary>
    internal short[]? Find(SemaphoreSet set)
    {
        foreach (var (known, adjustments) in entries)
            if (ReferenceEquals(known, set)) return adjustments;
        return null;
    }
}
