using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>An entry of a host directory.</summary>
/// <param name="Name">Guest text.</param>
/// <param name="Type">S_IF* bits.</param>
internal readonly record struct HostEntry(string Name, uint Type);

/// <summary>What a host says of a file. Device and inode are 0 where the host has none to tell.</summary>
internal readonly record struct HostMetadata(uint Mode, long Size, Timespec Modified, uint RepresentedDevice, ulong Device, ulong Inode)
{
    public uint Type => Mode & FileModeBits.TypeMask;

    /// <summary>True when nobody has changed the contents in between, as far as the host lets us know.</summary>
    public bool IsSameFile(in HostMetadata other) =>
        Type == other.Type && Size == other.Size && Modified == other.Modified && Device == other.Device && Inode == other.Inode;
}

/// <summary>A host directory and all below it, and no file outside it, whatever links the host has there. Paths are guest text, relative,
/// without "." and ".."; empty for the directory itself. No component is followed when it is a link. Only regular files and directories
/// are ever opened.</summary>
internal abstract class HostRoot : IDisposable
{
    /// <summary>Opens a host directory once; later the directory is found by its handle where the host can do that.</summary>
    /// <exception cref="IOException">It is no directory or cannot be opened.</exception>
    public static HostRoot Open(string directory)
    {
        directory = Path.GetFullPath(directory);
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"the root directory '{directory}' does not exist");
        return OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxHostRoot(directory) : new PortableHostRoot(directory);
    }

    public abstract Errno Stat(string path, out HostMetadata data);

    public abstract Errno Stat(SafeFileHandle file, out HostMetadata data);

    public abstract Errno List(string path, List<HostEntry> entries);

    public abstract Errno ReadLink(string path, out string target);

    /// <summary>Opens a regular file; anything else is ESTALE.</summary>
    public abstract Errno OpenFile(string path, bool writable, out SafeFileHandle? file);

    public abstract Errno CreateFile(string path, uint mode, out SafeFileHandle? file);

    public abstract Errno MakeDirectory(string path, uint mode);

    public abstract Errno MakeFifo(string path, uint mode);

    public abstract Errno MakeSymbolicLink(string path, string target);

    public abstract Errno Link(string existing, string path);

    public abstract Errno Remove(string path, bool directory);

    public abstract Errno Rename(string oldPath, string newPath, bool exchange);

    public abstract Errno SetMode(string path, uint mode);

    public abstract Errno SetTimes(string path, Timespec access, Timespec modify);

    public abstract void Dispose();

    /// <summary>Reads until the span is full or the file ends.</summary>
    public static Errno Read(SafeFileHandle file, long position, Span<byte> to, out int read)
    {
        read = 0;
        try
        {
            while (read < to.Length)
            {
                int count = RandomAccess.Read(file, to[read..], position + read);
                if (count == 0) break;
                read += count;
            }
            return Errno.None;
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    public static Errno Write(SafeFileHandle file, long position, ReadOnlySpan<byte> from)
    {
        try
        {
            RandomAccess.Write(file, from, position);
            return Errno.None;
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    public static Errno SetLength(SafeFileHandle file, long length)
    {
        try
        {
            RandomAccess.SetLength(file, length);
            return Errno.None;
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    public static Errno Flush(SafeFileHandle file)
    {
        try
        {
            RandomAccess.FlushToDisk(file);
            return Errno.None;
        }
        catch (Exception error) when (IsHostError(error))
        {
            return ErrnoOf(error);
        }
    }

    protected static bool IsHostError(Exception error) =>
        error is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or ArgumentException
            or System.Security.SecurityException;

    protected static Errno ErrnoOf(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => Errno.ENOENT,
        UnauthorizedAccessException or System.Security.SecurityException => Errno.EACCES,
        PathTooLongException => Errno.ENAMETOOLONG,
        IOException io when OperatingSystem.IsWindows() => (io.HResult & 0xFFFF) switch
        {
            112 or 39 => Errno.ENOSPC,
            183 or 80 => Errno.EEXIST,
            145 => Errno.ENOTEMPTY,
            _ => Errno.EIO,
        },
        IOException { HResult: 28 } => Errno.ENOSPC,
        IOException { HResult: 17 } => Errno.EEXIST,
        IOException { HResult: 27 } => Errno.EFBIG,
        _ => Errno.EIO,
    };
}

/// <summary>A place in a host directory, by name, so that a directory's rename moves all below it.</summary>
internal sealed class HostNode(HostRoot root, HostNode? parent, string name)
{
    public HostRoot Root { get; } = root;

    public HostNode? Parent { get; private set; } = parent;

    public string Name { get; private set; } = name;

    public string Path => Parent == null ? Name : Parent.PathOf(Name);

    public string PathOf(string child)
    {
        string path = Path;
        return path.Length == 0 ? child : path + "/" + child;
    }

    public bool Is(HostNode directory, string name) => ReferenceEquals(Parent, directory) && Name == name;

    public void MoveTo(HostNode newParent, string newName)
    {
        Parent = newParent;
        Name = newName;
    }
}

/// <summary>The host's files that are open at the moment, the most recently used of all that the guest uses.</summary>
internal sealed class HostHandles : IDisposable
{
    const int Most = 64;

    readonly Dictionary<RegularInode, LinkedListNode<Held>> held = [];
    readonly LinkedList<Held> order = new();

    sealed record Held(RegularInode Inode, SafeFileHandle Handle, bool IsWritable);

    public SafeFileHandle? Find(RegularInode inode, bool writable)
    {
        if (!held.TryGetValue(inode, out var node)) return null;
        if (writable && !node.Value.IsWritable)
        {
            Drop(inode);
            return null;
        }
        if (order.First != node)
        {
            order.Remove(node);
            order.AddFirst(node);
        }
        return node.Value.Handle;
    }

    public void Add(RegularInode inode, SafeFileHandle handle, bool writable)
    {
        Drop(inode);
        if (held.Count == Most) Drop(order.Last!.Value.Inode);
        held[inode] = order.AddFirst(new Held(inode, handle, writable));
    }

    public void Drop(RegularInode inode)
    {
        if (!held.Remove(inode, out var node)) return;
        order.Remove(node);
        node.Value.Handle.Dispose();
    }

    public void Dispose()
    {
        foreach (var item in order) item.Handle.Dispose();
        order.Clear();
        held.Clear();
    }
}
