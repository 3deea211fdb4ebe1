using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <summary>What a process holds its locks by.</summary>
internal interface ILockingProcess
{
    /// <summary>No task has it any more.</summary>
    bool IsGone { get; }
}

/// <content>State: the locks held, in order, and who waits until one goes.</content>
public sealed partial class FileLocks : IStateObject
{
    bool isListed;

    string IStateObject.StateKind => "file-locks";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Inode = visitor.Need("inode", Inode);
        var heldRanges = visitor.List("ranges", ranges, LockTable.Most, Visit);
        var heldWholes = visitor.List("wholes", wholes, LockTable.Most, Visit);
        Freed.Visit(visitor, "waiting");
        if (!visitor.IsReading) return;
        visitor.Require(heldRanges.All(static held => held.Kind != FileLockKind.Whole) && heldWholes.All(static held => held.Kind == FileLockKind.Whole), "locks are among those of their family");
        visitor.Require(heldWholes.DistinctBy(static held => held.Owner, ReferenceEqualityComparer.Instance).Count() == heldWholes.Count, "an owner locks a whole file once");
        visitor.Require(heldWholes.Count < 2 || !heldWholes.Any(static held => held.IsWrite), "an exclusive lock is the only one");
        RequireRanges(visitor, heldRanges);
        ranges.AddRange(heldRanges);
        wholes.AddRange(heldWholes);
        table.Count += Count;
        visitor.Require(table.Count <= LockTable.Most, "there are as many locks as there may be");
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(ReferenceEquals(Inode.Locks, this), "locks are those of their file");
            visitor.Require(isListed || Count == 0, "locks that are held are in the table");
        });
    }

    static FileLock Visit(StateVisitor visitor, FileLock? held)
    {
        var kind = visitor.Enum("family", held?.Kind ?? default);
        object owner = visitor.Need("owner", held?.Owner);
        bool isWrite = visitor.Flag("write", held?.IsWrite ?? false);
        long start = visitor.Number("start", held?.Start ?? 0, 0), end = visitor.Number("end", held?.End ?? 0, start);
        int pid = visitor.Int("pid", held?.Pid ?? 0, -1);
        visitor.Require(kind == FileLockKind.Posix ? owner is ILockingProcess : owner is OpenFile, "a lock has an owner of its family");
        return held ?? new FileLock(owner, kind, isWrite, start, end, pid);
    }

    static void RequireRanges(StateVisitor visitor, IReadOnlyList<FileLock> held)
    {
        long end = -1, writeEnd = -1;
        foreach (var one in held.OrderBy(static one => one.Start))
        {
            visitor.Require(one.Start > (one.IsWrite ? end : writeEnd), "a range that is locked for writing is nobody else's");
            end = Math.Max(end, one.End);
            if (one.IsWrite) writeEnd = Math.Max(writeEnd, one.End);
        }
    }

    /// <summary>Reading: the table has it.</summary>
    internal bool IsIn(LockTable owner) => ReferenceEquals(table, owner) && !isListed && (isListed = true);

    internal static FileLocks Create(LockTable table) => new(table, null!);
}

/// <content>State: where there are locks, in the order of /proc/locks, and who waits for whom.</content>
public sealed partial class LockTable
{
    internal void Visit(StateVisitor visitor)
    {
        var locked = visitor.Refs("locked-files", files, 1 << 20);
        var waiting = visitor.Refs("lock-waits", waits, 1 << 16);
        if (!visitor.IsReading) return;
        files.AddRange(locked);
        waits.AddRange(waiting);
        visitor.Later(EpollFile.WatchesAreThere, () =>
        {
            foreach (var one in locked) visitor.Require(one.IsIn(this), "a file with locks is in the table once");
            foreach (var one in waiting) visitor.Require(one.IsInTable(), "who waits for a lock does so once");
        });
    }
}

/// <content>State.</content>
public sealed partial class LockWait : IStateObject
{
    bool isListed, hasCall;

    string IStateObject.StateKind => "lock-wait";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Owner = visitor.Need("owner", Owner);
        Blocker = visitor.Reference("blocker", Blocker is OpenFile { References: 0 } or ILockingProcess { IsGone: true } ? null : Blocker);
        if (visitor.IsReading) visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(isListed && hasCall, "who waits for a lock does so in a call"));
    }

    /// <summary>Reading: the table has it.</summary>
    internal bool IsInTable() => !isListed && (isListed = true);

    /// <summary>Reading: a call has it.</summary>
    internal bool IsOfCall() => !hasCall && (hasCall = true);

    internal static LockWait Create() => new() { Owner = null! };
}
