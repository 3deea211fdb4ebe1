namespace CheckpointRestart.Core.Files;

/// <summary>A tar archive under an overlay, for one tree.</summary>
internal sealed class TarLayer(TarArchive archive) : LowerLayer
{
    /// <summary>The inodes of files that have several names in the archive, by <see cref="TarNode.Number"/>.</summary>
    public SortedDictionary<uint, Inode> Linked { get; } = [];

    public TarArchive Archive { get; } = archive;

    public override Errno Stat(string path, out HostMetadata data)
    {
        data = default;
        var error = Find(path, out var node);
        if (error != Errno.None) return error;
        long size = node!.Target != null ? GuestText.ByteCount(node.Target) : node.Size;
        data = new HostMetadata(node.Mode, size, node.Modified, node.Device, 0, node.Number)
        {
            Uid = node.Uid,
            Gid = node.Gid,
            Links = node.Links,
            Attributes = node.Attributes,
        };
        return Errno.None;
    }

    public override Errno List(string path, List<HostEntry> entries)
    {
        var error = Find(path, out var node);
        if (error != Errno.None) return error;
        if (node!.Children == null) return Errno.ENOTDIR;
        foreach (var (name, child) in node.Children) entries.Add(new HostEntry(name, child.Mode & FileModeBits.TypeMask));
        return Errno.None;
    }

    public override Errno ReadLink(string path, out string target)
    {
        var error = Find(path, out var node);
        target = node?.Target ?? "";
        return error != Errno.None ? error : node!.Target == null ? Errno.EINVAL : Errno.None;
    }

    public override bool AreOneFile(string path, string other) =>
        Find(path, out var node) == Errno.None && node!.Links > 1 && Find(other, out var second) == Errno.None && ReferenceEquals(node, second);

    public override Inode? FindLinked(string path) =>
        Find(path, out var node) == Errno.None && node!.Links > 1 ? Linked.GetValueOrDefault(node.Number) : null;

    public override void KeepLinked(string path, Inode inode)
    {
        if (Find(path, out var node) != Errno.None || node!.Links <= 1) return;
        _ = inode.Load();
        inode.IsLinkedBelow = true;
        Linked[node.Number] = inode;
    }

    /// <summary>Reads contents.</summary>
    /// <param name="file">What <see cref="Stat"/> told.</param>
    /// <param name="position">In the file, bytes.</param>
    /// <param name="to">Where they go: not beyond the file's end.</param>
    /// <param name="read">Bytes read.</param>
    public Errno Read(in HostMetadata file, long position, Span<byte> to, out int read)
    {
        return Archive.Read(Archive.Nodes[(int)file.Inode].DataOffset + position, to, out read);
    }

    public override void Dispose()
    {
    }

    Errno Find(string path, out TarNode? node)
    {
        node = Archive.Root;
        var rest = path.AsSpan();
        while (!rest.IsEmpty)
        {
            int slash = rest.IndexOf('/');
            var name = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? default : rest[(slash + 1)..];
            if (node.Children == null) return Errno.ENOTDIR;
            if (!node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out node)) return Errno.ENOENT;
        }
        return Errno.None;
    }
}
