namespace CheckpointRestart.Core.Files;

/// <summary>Reads contents of a lower layer past what its machine reads ahead and keeps open.</summary>
internal static class LowerReading
{
    /// <param name="layer">The layer.</param>
    /// <param name="path">The file there.</param>
    /// <param name="identity">What it must still be; else ESTALE.</param>
    /// <param name="position">Bytes from its start.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="read">Bytes read: fewer only at the file's end.</param>
    public static Errno Read(LowerLayer layer, string path, in HostMetadata identity, long position, Span<byte> to, out int read)
    {
        read = 0;
        if (position >= identity.Size || to.IsEmpty) return Errno.None;
        to = to[..(int)Math.Min(to.Length, identity.Size - position)];
        if (layer is TarLayer tar) return tar.ReadBeside(identity, position, to, out read);
        var root = (HostRoot)layer;
        var error = root.OpenFile(path, writable: false, out var handle);
        if (error != Errno.None) return error == Errno.ENOENT ? Errno.ESTALE : error;
        using (handle)
        {
            error = root.Stat(handle!, out var now);
            if (error == Errno.None && !now.IsSameFile(identity)) error = Errno.ESTALE;
            return error != Errno.None ? error : HostRoot.Read(handle!, position, to, out read);
        }
    }

    /// <summary>What stat(2) tells of a file of a lower layer.</summary>
    public static StatData Facts(in HostMetadata data, ulong inode = 0, uint device = 0) => new()
    {
        Device = device,
        Inode = inode,
        Mode = data.Mode,
        Links = data.Type == FileModeBits.Directory ? 2 : data.Links,
        Uid = data.Uid,
        Gid = data.Gid,
        RepresentedDevice = data.RepresentedDevice,
        Size = data.Type is FileModeBits.Directory ? 4096 : data.Type is FileModeBits.Regular or FileModeBits.SymbolicLink ? data.Size : 0,
        BlockSize = 4096,
        Blocks = data.Type == FileModeBits.Regular ? (data.Size + 511) / 512 : 0,
        AccessTime = data.Modified,
        ModifyTime = data.Modified,
        ChangeTime = data.Modified,
    };
}

/// <summary>A file of a root that no machine has open: of a host directory or an archive.</summary>
public sealed class LowerFile : SeenFile, IDisposable
{
    readonly LowerLayer layer;
    readonly string path;
    readonly HostMetadata data;

    internal LowerFile(SeenFile? parent, string name, LowerLayer layer, string path, in HostMetadata data) : base(parent, name)
    {
        this.layer = layer;
        this.path = path;
        this.data = data;
        Facts = LowerReading.Facts(data);
    }

    /// <summary>Opens a root.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="ArgumentException">The options name neither a directory nor an archive.</exception>
    public static LowerFile Open(RootOptions root)
    {
        ArgumentNullException.ThrowIfNull(root);
        LowerLayer opened = root.Archive != null ? new TarLayer(root.Archive)
            : HostRoot.Open(root.HostDirectory ?? throw new ArgumentException("a root is a directory or an archive", nameof(root)));
        var error = opened.Stat("", out var data);
        if (error == Errno.None) return new LowerFile(null, "", opened, "", data);
        opened.Dispose();
        throw new IOException($"the root cannot be read: {error}");
    }

    /// <inheritdoc/>
    public override StatData Facts { get; }

    /// <inheritdoc/>
    public override string Target
    {
        get
        {
            if (!IsSymbolicLink) throw Error(Errno.EINVAL);
            Check(layer.ReadLink(path, out string target));
            return target;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SeenFile> List()
    {
        if (!IsDirectory) throw Error(Errno.ENOTDIR);
        var entries = new List<HostEntry>();
        Check(layer.List(path, entries));
        var found = new List<SeenFile>(entries.Count);
        foreach (var entry in entries.OrderBy(static entry => entry.Name, StringComparer.Ordinal))
            if (Child(entry.Name) is { } child) found.Add(child);
        return found;
    }

    /// <inheritdoc/>
    public override SeenFile? Child(string name)
    {
        if (!IsDirectory) throw Error(Errno.ENOTDIR);
        if (name.Length == 0 || name is "." or ".." || name.Contains('/', StringComparison.Ordinal)) return null;
        string below = path.Length == 0 ? name : path + "/" + name;
        var error = layer.Stat(below, out var found);
        if (error is Errno.ENOENT or Errno.ENOTDIR) return null;
        Check(error);
        return new LowerFile(this, name, layer, below, found);
    }

    /// <inheritdoc/>
    public override int Read(long position, Span<byte> to)
    {
        if (!IsRegular) throw NoContents();
        Check(LowerReading.Read(layer, path, data, position, to, out int read));
        return read;
    }

    /// <summary>Closes the root: for the one that <see cref="Open"/> gave.</summary>
    public void Dispose()
    {
        if (Parent == null) layer.Dispose();
    }

    void Check(Errno error)
    {
        if (error != Errno.None) throw Error(error);
    }
}
