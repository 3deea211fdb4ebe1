using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>From where a path is walked: the process's root, and the directory that a relative path starts at.</summary>
public readonly record struct PathStart(Dentry Root, Dentry Directory);

/// <summary>Fills a span with random bytes.</summary>
public delegate void RandomSource(Span<byte> bytes);

/// <summary>What the tree takes from its machine.</summary>
public sealed record FileTreeServices
{
    /// <summary>Who is charged for frames.</summary>
    public required MemoryAccount Account { get; init; }

    /// <summary>The machine's time, for timestamps.</summary>
    public required Func<Timespec> Clock { get; init; }

    /// <summary>What /dev/random and /dev/urandom give.</summary>
    public required RandomSource Random { get; init; }

    /// <summary>What /dev/.cr holds.</summary>
    public required MachineStreams Streams { get; init; }
}

/// <summary>A machine's whole tree of files. All methods are called on the machine's thread. They never throw for what a guest does;
/// a mode that is given is the final one, with the umask taken off by the caller.</summary>
public sealed class FileTree : IDisposable
{
    /// <summary>Builds a machine's tree.</summary>
    /// <exception cref="IOException">The host's directory or program cannot be opened.</exception>
    public FileTree(RootOptions options, FileTreeServices services) => throw new NotSupportedException();

    /// <summary>The root directory.</summary>
    public Dentry Root => throw new NotSupportedException();

    /// <summary>What /proc holds; the kernel adds to it.</summary>
    public ProcList Proc => throw new NotSupportedException();

    /// <summary>The path of <see cref="RootOptions.HostProgram"/> in the tree, or null.</summary>
    public string? ProgramPath => throw new NotSupportedException();

    /// <summary>Finds what a path names.</summary>
    /// <returns>None; ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EXDEV, or an error of the host's file.</returns>
    public Errno Walk(in PathStart at, string path, WalkFlags flags, out Dentry? found) => throw new NotSupportedException();

    /// <summary>open(2).</summary>
    /// <returns>0 with the file; "would block" with a file that goes on with <see cref="OpenFile.ContinueOpen"/> (a FIFO); an errno.</returns>
    public IoResult Open(in PathStart at, string path, OpenFlags flags, uint mode, out OpenFile? file, WalkFlags walk = WalkFlags.None) => throw new NotSupportedException();

    /// <summary>mkdir(2).</summary>
    public Errno MakeDirectory(in PathStart at, string path, uint mode) => throw new NotSupportedException();

    /// <summary>mknod(2): regular files, FIFOs, sockets and device files.</summary>
    public Errno MakeNode(in PathStart at, string path, uint mode, uint device) => throw new NotSupportedException();

    /// <summary>symlink(2).</summary>
    public Errno MakeSymbolicLink(in PathStart at, string path, string target) => throw new NotSupportedException();

    /// <summary>link(2): a further name for a file.</summary>
    public Errno Link(Dentry existing, in PathStart at, string path) => throw new NotSupportedException();

    /// <summary>unlink(2).</summary>
    public Errno Unlink(in PathStart at, string path) => throw new NotSupportedException();

    /// <summary>rmdir(2).</summary>
    public Errno RemoveDirectory(in PathStart at, string path) => throw new NotSupportedException();

    /// <summary>renameat2(2).</summary>
    public Errno Rename(in PathStart from, string oldPath, in PathStart to, string newPath, RenameFlags flags) => throw new NotSupportedException();

    /// <summary>readlink(2) of a link that was found with <see cref="WalkFlags.NoFollow"/>. EINVAL when it is none.</summary>
    public Errno ReadLink(Dentry link, out string target) => throw new NotSupportedException();

    /// <summary>chmod(2).</summary>
    public Errno SetMode(Inode inode, uint mode) => throw new NotSupportedException();

    /// <summary>chown(2); null leaves as it is.</summary>
    public Errno SetOwner(Inode inode, uint? uid, uint? gid) => throw new NotSupportedException();

    /// <summary>utimensat(2); null leaves as it is.</summary>
    public Errno SetTimes(Inode inode, Timespec? access, Timespec? modify) => throw new NotSupportedException();

    /// <summary>truncate(2).</summary>
    public Errno Truncate(Inode inode, long size) => throw new NotSupportedException();

    /// <summary>access(2) for the superuser.</summary>
    public Errno CheckAccess(Inode inode, AccessRights rights) => throw new NotSupportedException();

    /// <summary>statfs(2).</summary>
    public FileSystemData StatFileSystem(Inode inode) => throw new NotSupportedException();

    /// <summary>Writes out everything that the host does not have yet (sync).</summary>
    public Errno Sync() => throw new NotSupportedException();

    /// <summary>Frees all frames and closes the host's directory.</summary>
    public void Dispose() => throw new NotSupportedException();
}
