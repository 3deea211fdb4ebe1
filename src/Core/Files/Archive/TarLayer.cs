namespace CheckpointRestart.Core.Files;

/// <summary>A tar archive under an overlay, for one tree.</summary>
internal sealed class TarLayer(TarArchive archive) : LowerLayer
{
    /// <summary>Bytes that are read at once where one small read follows another, as when a directory's files are read in turn; and how far the second may lie behind the first.</summary>
    const int AheadBytes = 64 << 10, Near = 8 << 10;

    byte[]? ahead;
    int aheadLength;
    long aheadStart, lastEnd;

    /// <summary>The inodes of files that have several names in the archive, by <see cref="TarNode.Number"/>.</summary>
    public SortedDictionary<uint, Inode> Linked { get; } = [];

    public TarArchive Archive { get; } = archive;

    public override Errno Stat(string path, out HostMetadata data)
    {
        data = default;
        var error = Find(path, out var node);
        return error != Errno.None ? error : Describe(node!, out data);
    }

    public override Errno Stat(HostNode node, out HostMetadata data)
    {
        data = default;
        var error = Find(node, out var found);
        return error != Errno.None ? error : Describe(found!, out data);
    }

    static Errno Describe(TarNode node, out HostMetadata data)
    {
        long size = node.Target != null ? GuestText.ByteCount(node.Target) : node.Size;
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
        return error != Errno.None ? error : List(node!, entries);
    }

    public override Errno List(HostNode node, List<HostEntry> entries)
    {
        var error = Find(node, out var found);
        return error != Errno.None ? error : List(found!, entries);
    }

    static Errno List(TarNode node, List<HostEntry> entries)
    {
        if (node.Children == null) return Errno.ENOTDIR;
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

    public override Inode? FindLinked(HostNode node) => Find(node, out var found) == Errno.None && found!.Links > 1 ? Linked.GetValueOrDefault(found.Number) : null;

    public override void KeepLinked(HostNode node, Inode inode)
    {
        if (Find(node, out var found) != Errno.None || found!.Links <= 1) return;
        _ = inode.Load();
        inode.IsLinkedBelow = true;
        Linked[found.Number] = inode;
    }

    /// <summary>As <see cref="Read"/>, beside what is read ahead for the machine, which may be reading now. Any thread.</summary>
    public Errno ReadBeside(in HostMetadata file, long position, Span<byte> to, out int read) => Archive.Read(PlaceOf(file) + position, to, out read);

    long PlaceOf(in HostMetadata file) => Archive.Nodes[(int)file.Inode].DataOffset;

    /// <summary>Reads contents.</summary>
    /// <param name="file">What <see cref="Stat(string, out HostMetadata)"/> told.</param>
    /// <param name="position">In the file, bytes.</param>
    /// <param name="to">Where they go: not beyond the file's end.</param>
    /// <param name="read">Bytes read.</param>
    public Errno Read(in HostMetadata file, long position, Span<byte> to, out int read)
    {
        long at = PlaceOf(file) + position;
        bool follows = at >= lastEnd && at - lastEnd <= Near && to.Length <= Near;
        lastEnd = at + to.Length;
        if (at < aheadStart || lastEnd > aheadStart + aheadLength)
        {
            if (!follows) return Archive.Read(at, to, out read);
            ahead ??= new byte[AheadBytes];
            var error = Archive.Read(at, ahead, out aheadLength);
            aheadStart = at;
            if (error != Errno.None)
            {
                aheadLength = read = 0;
                return error;
            }
        }
        read = (int)Math.Min(to.Length, aheadStart + aheadLength - at);
        ahead.AsSpan((int)(at - aheadStart), read).CopyTo(to);
        return Errno.None;
    }

    public override void Dispose()
    {
    }

    /// <summary>Names of an archive stay: what was found once is there.</summary>
    Errno Find(HostNode node, out TarNode? found)
    {
        found = node.Found as TarNode;
        if (found != null) return Errno.None;
        var error = Errno.None;
        if (node.Parent == null) error = Find(node.Name, out found);
        else if ((error = Find(node.Parent, out var parent)) == Errno.None)
            error = parent!.Children == null ? Errno.ENOTDIR : parent.Children.TryGetValue(node.Name, out found) ? Errno.None : Errno.ENOENT;
        node.Found = found;
        return error;
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
