namespace CheckpointRestart.Core.Files;

/// <summary>A file of a machine's tree, looked at without being used: known to the machine, or only to the layer below. On the machine's thread.</summary>
internal sealed class Glance
{
    readonly HostNode? below;
    byte[]? made;

    public Glance(Dentry dentry) => (Dentry, Inode, Name) = (dentry, dentry.Inode, dentry.Name);

    public Glance(string name, Inode inode) => (Name, Inode) = (name, inode);

    public Glance(string name, HostNode below) => (Name, this.below) = (name, below);

    public string Name { get; }

    /// <summary>Its name in the tree; null while the machine does not know it.</summary>
    public Dentry? Dentry { get; }

    Inode? Inode { get; }

    public Errno Stat(out StatData data)
    {
        if (Inode != null) return Inode.Glance(out data);
        var error = below!.Layer.Stat(below, out var lower);
        data = error == Errno.None ? LowerReading.Facts(lower) : default;
        return error;
    }

    public Errno List(List<Glance> found)
    {
        if (Inode == null)
        {
            var entries = new List<HostEntry>();
            var error = below!.Layer.List(below, entries);
            foreach (var entry in entries) found.Add(new Glance(entry.Name, new HostNode(below.Layer, below, entry.Name)));
            return error;
        }
        if (Inode is TreeDirectory tree) return tree.GlanceList(found);
        if (Inode is not DirectoryInode directory) return Errno.ENOTDIR;
        var items = new List<DirectoryItem>();
        var failed = directory.List(items);
        foreach (var item in items)
            if (directory.Find(Dentry!, item.Name, out var child) == Errno.None) found.Add(new Glance(child!));
        return failed;
    }

    public Errno Child(string name, out Glance? child)
    {
        child = null;
        if (name.Length == 0 || name is "." or ".." || name.Contains('/', StringComparison.Ordinal)) return Errno.None;
        if (Inode == null)
        {
            var at = new HostNode(below!.Layer, below, name);
            var lower = below.Layer.Stat(at, out _);
            if (lower == Errno.None) child = new Glance(name, at);
            return lower is Errno.ENOENT or Errno.ENOTDIR ? Errno.None : lower;
        }
        if (Inode is TreeDirectory tree) return tree.GlanceChild(name, out child);
        if (Inode is not DirectoryInode directory) return Errno.ENOTDIR;
        var error = directory.Find(Dentry!, name, out var found);
        if (error == Errno.None) child = new Glance(found!);
        return error == Errno.ENOENT ? Errno.None : error;
    }

    /// <returns>EINVAL when it is no link.</returns>
    public Errno ReadLink(out string target)
    {
        target = "";
        switch (Inode)
        {
            case null: return below!.Layer.ReadLink(below.Path, out target) is var error && error == Errno.ESTALE ? Errno.EINVAL : error;
            case SymbolicLinkInode link: return link.GlanceTarget(out target);
            case ProcLinkInode proc:
                target = proc.Node.Target();
                return Errno.None;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>Where a link of /proc leads; null for any other.</summary>
    public Dentry? Jump => Inode is ProcLinkInode { Node.Jump: { } jump } ? jump() : null;

    /// <summary>True for a link of /proc that leads somewhere whatever its text says.</summary>
    public bool Jumps => Inode is ProcLinkInode { Node.Jump: not null };

    /// <returns>EOPNOTSUPP for what has no contents that can be looked at.</returns>
    public Errno Read(long position, Span<byte> to, out int read)
    {
        read = 0;
        if (Inode is RegularInode file) return file.GlanceRead(position, to, out read);
        if (Inode == null)
        {
            var error = below!.Layer.Stat(below, out var lower);
            if (error == Errno.None && lower.Type != FileModeBits.Regular) error = Errno.EOPNOTSUPP;
            return error != Errno.None ? error : LowerReading.Read(below.Layer, below.Path, lower, position, to, out read);
        }
        if (made == null || position == 0) made = Make();
        if (made == null) return Errno.EOPNOTSUPP;
        if (position >= made.Length) return Errno.None;
        read = (int)Math.Min(to.Length, made.Length - position);
        made.AsSpan((int)position, read).CopyTo(to);
        return Errno.None;
    }

    /// <summary>What is made when it is read.</summary>
    byte[]? Make() => Inode switch
    {
        ProcTextInode { Node.IsDrawn: false } text => text.Node.Read(),
        PipeInode pipe => pipe.Pipe.Contents,
        SpecialInode { IsFifo: true } fifo => fifo.InPipe,
        StreamInode stream => stream.Streams.Peek(stream.Kind),
        _ => null,
    };
}
