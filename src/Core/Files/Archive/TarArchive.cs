using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>An uncompressed tar file as the read-only layer of a root: opened and indexed once, its contents read in place, by offset, when
/// they are first touched. Any number of machines may use it at the same time.</summary>
public sealed class TarArchive : IDisposable
{
    static readonly Lock Gate = new();
    static readonly Dictionary<string, WeakReference<TarArchive>> Opened = new(StringComparer.Ordinal);

    /// <summary>Deleted at the end of the process at the latest: nothing closes them then.</summary>
    static readonly List<WeakReference<TarArchive>> Temporary = [];

    static readonly byte[] NoName = [0];

    readonly SafeFileHandle handle;
    readonly DateTime modified;
    readonly (long Length, long Time) stamp;

    TarArchive(string path, SafeFileHandle handle)
    {
        Path = path;
        this.handle = handle;
        Length = RandomAccess.GetLength(handle);
        modified = File.GetLastWriteTimeUtc(handle);
        // As it is before its headers are read: a change meanwhile is one.
        stamp = StampOf(handle);
        var index = TarIndex.Read(new TarReader(handle, Length));
        Nodes = index.Nodes;
    }

    /// <summary>Full path of the host's file.</summary>
    public string Path { get; }

    /// <summary>Bytes of the host's file.</summary>
    public long Length { get; }

    /// <summary>Files and directories in it, without the root itself.</summary>
    public int Count => Nodes.Count - 1;

    internal TarNode Root => Nodes[0];

    /// <summary>By <see cref="TarNode.Number"/>.</summary>
    internal IReadOnlyList<TarNode> Nodes { get; }

    /// <summary>Opens a tar file and reads its headers; one that is in use already, and that nobody has changed, is shared.</summary>
    /// <param name="path">A host file, uncompressed.</param>
    /// <exception cref="TarException">It is malformed or cut short, or has entries that have no place below a root; with entry and offset.</exception>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    public static TarArchive Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        lock (Gate)
        {
            if (Opened.TryGetValue(full, out var reference) && reference.TryGetTarget(out var known) && known.IsUnchangedAt(full)) return known;
            var archive = Open(full, FileOptions.RandomAccess);
            Opened[full] = new WeakReference<TarArchive>(archive);
            return archive;
        }
    }

    /// <summary>Opens a tar file for one user, who closes it.</summary>
    internal static TarArchive OpenUnshared(string path) => Open(System.IO.Path.GetFullPath(path), FileOptions.RandomAccess);

    /// <summary>Opens a tar file that is deleted when nobody uses the archive any more.</summary>
    internal static TarArchive OpenTemporary(string path)
    {
        var archive = Open(System.IO.Path.GetFullPath(path), FileOptions.RandomAccess | FileOptions.DeleteOnClose);
        lock (Gate)
        {
            if (Temporary.Count == 0) AppDomain.CurrentDomain.ProcessExit += static (_, _) => CloseTemporary();
            Temporary.RemoveAll(static known => !known.TryGetTarget(out _));
            Temporary.Add(new WeakReference<TarArchive>(archive));
        }
        return archive;
    }

    static void CloseTemporary()
    {
        lock (Gate)
        {
            foreach (var known in Temporary)
                if (known.TryGetTarget(out var archive)) archive.Dispose();
        }
    }

    static TarArchive Open(string full, FileOptions options)
    {
        var opened = File.OpenHandle(full, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, options);
        try
        {
            return new TarArchive(full, opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Closes the host's file. What a machine reads from then on and has not in memory fails with ESTALE.</summary>
    public void Dispose() => handle.Dispose();

    /// <summary>None, or ESTALE when somebody has changed the host's file.</summary>
    internal Errno Check()
    {
        try
        {
            return StampOf(handle) == stamp ? Errno.None : Errno.ESTALE;
        }
        catch (Exception error) when (HostRoot.IsHostError(error))
        {
            return Errno.ESTALE;
        }
    }

    /// <summary>What changes with the file: asked for at every open and read, so with one call of the host where there is such a call.</summary>
    static (long Length, long Time) StampOf(SafeFileHandle handle)
    {
        if (OperatingSystem.IsLinux() && Environment.Is64BitProcess && LinuxCalls.StatHandle(handle, NoName, LinuxCalls.EmptyPath, LinuxCalls.SizeAndModifyTime, out var data) == 0)
            return ((long)data.Size, data.ModifySeconds * 1_000_000_000 + data.ModifyNanoseconds);
        return (RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle).Ticks);
    }

    /// <summary>Reads contents; they count only when the host's file is still the one that was indexed.</summary>
    internal Errno Read(long offset, Span<byte> to, out int read)
    {
        var error = HostRoot.Read(handle, offset, to, out read);
        return error == Errno.EIO && handle.IsClosed ? Errno.ESTALE : error != Errno.None ? error : Check();
    }

    bool IsUnchangedAt(string full)
    {
        var info = new FileInfo(full);
        return info.Exists && info.Length == Length && info.LastWriteTimeUtc == modified && Check() == Errno.None;
    }
}
