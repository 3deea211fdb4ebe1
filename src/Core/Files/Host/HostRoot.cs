using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>A host directory and all below it, and no file outside it, whatever links the host has there. Paths are guest text, relative,
/// without "." and ".."; empty for the directory itself. No component is followed when it is a link. Only regular files and directories
/// are ever opened.</summary>
internal abstract class HostRoot : LowerLayer
{
    /// <summary>Opens a host directory once; later the directory is found by its handle where the host can do that.</summary>
    /// <exception cref="IOException">It is no directory or cannot be opened.</exception>
    public static HostRoot Open(string directory)
    {
        directory = Path.GetFullPath(directory);
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"the root directory '{directory}' does not exist");
        return OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxHostRoot(directory) : new PortableHostRoot(directory);
    }

    public abstract Errno Stat(SafeFileHandle file, out HostMetadata data);

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

    internal static bool IsHostError(Exception error) =>
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

/// <summary>A place in a lower layer, by name, so that a directory's rename moves all below it.</summary>
internal sealed partial class HostNode(LowerLayer layer, HostNode? parent, string name)
{
    public LowerLayer Layer { get; } = layer;

    /// <summary>The host directory, for a node of one.</summary>
    public HostRoot Root => (HostRoot)Layer;

    public HostNode? Parent { get; private set; } = parent;

    public string Name { get; private set; } = name;

    /// <summary>What a layer in which nothing moves has found here.</summary>
    public object? Found { get; set; }

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
