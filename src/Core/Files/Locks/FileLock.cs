namespace CheckpointRestart.Core.Files;

/// <summary>Which family of locks: each has its own owners, and flock(2) does not see the others.</summary>
public enum FileLockKind
{
    /// <summary>fcntl(2) F_SETLK: of a process (its descriptor table); gone when it closes any descriptor of the file.</summary>
    Posix,
    /// <summary>fcntl(2) F_OFD_SETLK: of an open file.</summary>
    OpenFile,
    /// <summary>flock(2): of an open file, on the whole file.</summary>
    Whole,
}

/// <summary>One lock, held or asked for.</summary>
/// <param name="Owner">The descriptor table, or the open file.</param>
/// <param name="Kind">The family.</param>
/// <param name="IsWrite">True for an exclusive lock.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">Last byte, included; long.MaxValue for the end of the file, wherever that will be.</param>
/// <param name="Pid">The process that took it; -1 when an open file owns it.</param>
public sealed record FileLock(object Owner, FileLockKind Kind, bool IsWrite, long Start, long End, int Pid)
{
    /// <summary>True when both cannot be held at a time.</summary>
    public bool Conflicts(FileLock other) =>
        !ReferenceEquals(Owner, other.Owner) && (IsWrite || other.IsWrite) && Start <= other.End && other.Start <= End;
}
