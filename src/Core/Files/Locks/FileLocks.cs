namespace CheckpointRestart.Core.Files;

/// <summary>The advisory locks on one file (Linux: fs/locks.c).</summary>
public sealed partial class FileLocks
{
    readonly LockTable table;
    readonly List<FileLock> ranges = [];
    readonly List<FileLock> wholes = [];

    internal FileLocks(LockTable table, Inode inode)
    {
        this.table = table;
        Inode = inode;
    }

    /// <summary>The file.</summary>
    public Inode Inode { get; private set; }

    /// <summary>Locks of fcntl(2), by first byte within an owner.</summary>
    public IReadOnlyList<FileLock> Ranges => ranges;

    /// <summary>Locks of flock(2).</summary>
    public IReadOnlyList<FileLock> Wholes => wholes;

    /// <summary>Wakes when a lock goes or shrinks.</summary>
    public WaitQueue Freed { get; } = new();

    internal int Count => ranges.Count + wholes.Count;

    /// <summary>True when a process holds a lock, itself or by an open file.</summary>
    public bool IsHeldBy(object process, object openFile) =>
        ranges.Concat(wholes).Any(held => ReferenceEquals(held.Owner, process) || ReferenceEquals(held.Owner, openFile));

    /// <summary>Every lock by its place and the process that took it, for the hash of a state.</summary>
    internal void Describe(IStateDigest digest)
    {
        foreach (var held in ranges.Concat(wholes))
        {
            digest.Number((long)held.Kind << 1 | (held.IsWrite ? 1L : 0));
            digest.Number(held.Start);
            digest.Number(held.End);
            digest.Number(held.Pid);
        }
    }

    /// <summary>The first lock that keeps another from being taken; null when none does.</summary>
    public FileLock? FindConflict(FileLock wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        foreach (var held in wanted.Kind == FileLockKind.Whole ? wholes : ranges)
            if (held.Conflicts(wanted)) return held;
        return null;
    }

    /// <summary>Takes a range that nobody else's lock conflicts with: it replaces what the owner had there, and joins what it touches.</summary>
    /// <returns>ENOLCK when the machine has too many locks.</returns>
    public Errno Take(FileLock wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (table.Count + 2 > LockTable.Most) return Errno.ENOLCK;
        bool freed = Cut(wanted.Owner, wanted.Start, wanted.End, keepWrite: wanted.IsWrite);
        long start = wanted.Start, end = wanted.End;
        for (int index = ranges.Count - 1; index >= 0; index--)
        {
            var held = ranges[index];
            if (!ReferenceEquals(held.Owner, wanted.Owner) || held.IsWrite != wanted.IsWrite) continue;
            bool touches = (held.End == long.MaxValue || held.End + 1 >= start) && (end == long.MaxValue || end + 1 >= held.Start);
            if (!touches) continue;
            start = Math.Min(start, held.Start);
            end = Math.Max(end, held.End);
            ranges.RemoveAt(index);
            table.Count--;
        }
        Insert(wanted with { Start = start, End = end });
        if (freed) Freed.Wake();
        return Errno.None;
    }

    /// <summary>Gives a range of an owner's free, splitting what reaches beyond it.</summary>
    /// <returns>ENOLCK when that needs one lock more than the machine may have.</returns>
    public Errno Give(object owner, long start, long end)
    {
        if (table.Count + 1 > LockTable.Most) return Errno.ENOLCK;
        if (Cut(owner, start, end, keepWrite: null)) Freed.Wake();
        return Errno.None;
    }

    /// <summary>flock(2): what the owner held before is given up first, also when the new lock must wait.</summary>
    /// <returns>True when the lock is held now.</returns>
    public bool TryTakeWhole(FileLock wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        foreach (var held in wholes)
            if (ReferenceEquals(held.Owner, wanted.Owner) && held.IsWrite == wanted.IsWrite) return true;
        GiveWhole(wanted.Owner);
        if (FindConflict(wanted) != null) return false;
        Add(wholes, wanted, wholes.Count);
        return true;
    }

    /// <summary>Gives up an owner's lock of flock(2).</summary>
    public void GiveWhole(object owner)
    {
        int gone = wholes.RemoveAll(held => ReferenceEquals(held.Owner, owner));
        if (gone == 0) return;
        table.Count -= gone;
        Freed.Wake();
    }

    /// <summary>The owner goes, or closes the file.</summary>
    internal void Release(object owner)
    {
        GiveWhole(owner);
        int gone = ranges.RemoveAll(held => ReferenceEquals(held.Owner, owner));
        if (gone == 0) return;
        table.Count -= gone;
        Freed.Wake();
    }

    /// <summary>Takes a range out of an owner's locks of the other type, or of both.</summary>
    /// <returns>True when something became free for others.</returns>
    bool Cut(object owner, long start, long end, bool? keepWrite)
    {
        bool freed = false;
        for (int index = ranges.Count - 1; index >= 0; index--)
        {
            var held = ranges[index];
            if (!ReferenceEquals(held.Owner, owner) || held.IsWrite == keepWrite || held.Start > end || held.End < start) continue;
            ranges.RemoveAt(index);
            table.Count--;
            freed |= keepWrite != true;
            if (held.End > end) Add(ranges, held with { Start = end + 1 }, index);
            if (held.Start < start) Add(ranges, held with { End = start - 1 }, index);
        }
        return freed;
    }

    void Insert(FileLock taken)
    {
        int index = ranges.FindLastIndex(held => ReferenceEquals(held.Owner, taken.Owner) && held.Start < taken.Start) + 1;
        if (index == 0) index = ranges.FindIndex(held => ReferenceEquals(held.Owner, taken.Owner));
        Add(ranges, taken, index < 0 ? ranges.Count : index);
    }

    void Add(List<FileLock> to, FileLock taken, int index)
    {
        to.Insert(index, taken);
        table.Count++;
        table.Remember(this);
    }
}
