using System.Text;

namespace CheckpointRestart.Core.Files;

/// <summary>All locks of a machine: how many there are, where, and who waits for whom.</summary>
public sealed partial class LockTable
{
    /// <summary>The most locks that a machine holds at a time; beyond it ENOLCK.</summary>
    public const int Most = 65536;

    /// <summary>As Linux, a circle of more waiting owners than this is not found.</summary>
    const int LongestCircle = 10;

    readonly List<FileLocks> files = [];
    readonly List<LockWait> waits = [];

    /// <summary>Locks held.</summary>
    public int Count { get; internal set; }

    /// <summary>The locks of a file, made with the first.</summary>
    public FileLocks Of(Inode inode)
    {
        ArgumentNullException.ThrowIfNull(inode);
        return inode.Locks ??= new FileLocks(this, inode);
    }

    /// <summary>True when the owner of the lock that is in the way waits, over others, for <paramref name="owner"/> itself (EDEADLK).</summary>
    public bool WouldDeadlock(object owner, FileLock blocker)
    {
        object next = blocker.Owner;
        for (int steps = 0; steps <= LongestCircle; steps++)
        {
            var wait = waits.Find(other => ReferenceEquals(other.Owner, next));
            if (wait?.Blocker is not { } further) return false;
            if (ReferenceEquals(further, owner)) return true;
            next = further;
        }
        return false;
    }

    /// <summary>An owner begins to wait.</summary>
    public void Add(LockWait wait) => waits.Add(wait);

    /// <summary>An owner waits no longer.</summary>
    public void Remove(LockWait wait) => waits.Remove(wait);

    /// <summary>/proc/locks.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        int number = 0;
        foreach (var file in files)
        {
            foreach (var held in file.Wholes.Concat(file.Ranges))
            {
                string kind = held.Kind switch { FileLockKind.Posix => "POSIX", FileLockKind.OpenFile => "OFDLCK", _ => "FLOCK" };
                uint device = file.Inode.FileSystem.Device;
                text.Append($"{++number}: {kind,-6} ADVISORY  {(held.IsWrite ? "WRITE" : "READ ")} {held.Pid} ");
                text.Append($"{FileSystem.Major(device):x2}:{FileSystem.Minor(device):x2}:{file.Inode.Number} {held.Start} ");
                text.Append(held.End == long.MaxValue ? "EOF\n" : $"{held.End}\n");
            }
        }
        return text.ToString();
    }

    internal void Remember(FileLocks locks)
    {
        files.RemoveAll(known => known.Count == 0 && !ReferenceEquals(known, locks));
        if (!files.Contains(locks)) files.Add(locks);
    }
}

/// <summary>An owner that waits for a lock of fcntl(2), and whose lock is in the way.</summary>
public sealed partial class LockWait
{
    /// <summary>Who waits.</summary>
    public required object Owner { get; set; }

    /// <summary>Whom it waits for.</summary>
    public object? Blocker { get; set; }
}
