namespace CheckpointRestart.Core.Files;

/// <summary>A file of a guest cannot be looked at or changed from outside: the message says which and why.</summary>
/// <param name="errno">ENOENT, ENOTDIR, ELOOP, ESTALE and the like as the guest would get them; ENODATA for contents that an image does not hold; EOPNOTSUPP for what has none.</param>
/// <param name="path">Guest path.</param>
/// <param name="message">A sentence about it.</param>
public sealed class SeenFileException(Errno errno, string path, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public Errno Errno { get; } = errno;

    /// <summary>Guest path.</summary>
    public string Path { get; } = path;

    /// <summary>The one for an errno of a system call.</summary>
    internal static SeenFileException Of(Errno errno, string path) => new(errno, path, errno switch
    {
        Errno.ENOENT => $"There is no {path} in the guest.",
        Errno.ENOTDIR => $"{path} is no directory, or leads through something that is none.",
        Errno.ELOOP => $"{path} leads through too many symbolic links.",
        Errno.EEXIST => $"{path} exists in the guest.",
        Errno.EISDIR => $"{path} is a directory.",
        Errno.ENOTEMPTY => $"The directory {path} is not empty.",
        Errno.ESTALE => $"{path} of the root has changed on the host since the guest first looked at it.",
        Errno.ENOSPC => $"{path} cannot be written: the guest's files have reached their limit.",
        Errno.EFBIG => $"{path} would be longer than a file of the guest may be.",
        Errno.ETXTBSY => $"{path} is the program of a task that runs.",
        Errno.EXDEV => $"{path} lies in another file system of the guest's.",
        Errno.EACCES => $"{path}: the guest's root may not do that.",
        Errno.EBUSY => $"{path} is in use: it is a mount point or a root directory.",
        Errno.ENAMETOOLONG => $"{(path.Length > 80 ? string.Concat(path.AsSpan(0, 80), "...") : path)} is longer than a path may be, or a name in it is than a name.",
        Errno.EPERM => $"{path} cannot be changed: it is a file of the kernel's, or protected.",
        _ => $"{path}: {errno}.",
    });
}
