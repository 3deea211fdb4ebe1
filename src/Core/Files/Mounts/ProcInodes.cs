namespace CheckpointRestart.Core.Files;

/// <summary>/proc or /sys: its inodes are made when they are looked up, from what the kernel registered; a path's number is always the same.</summary>
internal sealed partial class ProcDirectoryInode : DirectoryInode
{
    readonly Func<Timespec> clock;
    IProcDirectory directory;
    ProcOwner? owner;

    public ProcDirectoryInode(FileSystem fileSystem, ulong number, IProcDirectory directory, uint permissions, Func<Timespec> clock, ProcOwner? owner = null)
        : base(fileSystem, number, permissions)
    {
        this.owner = owner;
        this.directory = directory;
        this.clock = clock;
        AccessTime = ModifyTime = ChangeTime = clock();
    }

    /// <inheritdoc cref="ProcFolder.IsOpen"/>
    public Func<bool>? IsOpen { get; private set; }

    /// <summary>What the kernel shows in it.</summary>
    public IProcDirectory Directory => directory;

    internal override InodeImage Save(TreeCapture capture) => new ProcImage { Number = Number, FileSystem = FileSystemImage.Of(FileSystem), IsSystem = FileSystem.Type == "sysfs" };

    internal override Errno Find(Dentry self, ReadOnlySpan<char> name, out Dentry? child)
    {
        string text = name.ToString();
        var node = directory.Find(text);
        child = null;
        if (node == null) return Errno.ENOENT;
        ulong number = NumberOf(text);
        Inode inode = node switch
        {
            ProcFolder folder => new ProcDirectoryInode(FileSystem, number, folder.Directory, folder.Permissions, clock, folder.Owner ?? owner) { IsOpen = folder.IsOpen },
            ProcLink link => new ProcLinkInode(FileSystem, number, link, clock()),
            ProcMemory memory => new ProcMemoryInode(FileSystem, number, memory, clock()),
            ProcText file => new ProcTextInode(FileSystem, number, file, clock()),
            _ => throw new InvalidOperationException($"{node.GetType().Name} is no node of /proc"),
        };
        if (((node as ProcFolder)?.Owner ?? owner) is { } whose) (inode.Uid, inode.Gid) = whose(inode.Mode);
        var place = new ProcPlace(this, text, (node as ProcFolder)?.Subject);
        ((IProcInode)inode).Place = place;
        child = new Dentry(self, text, inode);
        return Errno.None;
    }

    internal override Errno List(List<DirectoryItem> items)
    {
        foreach (string name in directory.Names)
        {
            uint type = directory.Find(name) switch
            {
                ProcFolder => FileModeBits.Directory,
                ProcLink => FileModeBits.SymbolicLink,
                null => 0,
                _ => FileModeBits.Regular,
            };
            if (type != 0) items.Add(new DirectoryItem(name, NumberOf(name), (byte)(type >> 12)));
        }
        return Errno.None;
    }

    internal override bool IsThere(string name) => directory.Find(name) != null;

    /// <summary>FNV-1a over the path, in 32 bits since some programs have no more.</summary>
    ulong NumberOf(string name)
    {
        uint hash = (uint)Number ^ 2166136261;
        foreach (char c in name) hash = (hash ^ c) * 16777619;
        return Math.Max(hash, 2);
    }
}

/// <summary>An inode of /proc or /sys that is no directory: what the kernel shows there is a node.</summary>
internal abstract partial class ProcNodeInode<T> : Inode where T : ProcNode
{
    protected ProcNodeInode(FileSystem fileSystem, ulong number, uint type, T node, Timespec now) : base(fileSystem, number, type | node.Permissions)
    {
        Node = node;
        AccessTime = ModifyTime = ChangeTime = now;
    }

    public T Node { get; private set; }
}

internal sealed partial class ProcLinkInode(FileSystem fileSystem, ulong number, ProcLink node, Timespec now)
    : ProcNodeInode<ProcLink>(fileSystem, number, FileModeBits.SymbolicLink, node, now)
{
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return Errno.ELOOP;
    }
}

internal sealed partial class ProcTextInode(FileSystem fileSystem, ulong number, ProcText node, Timespec now)
    : ProcNodeInode<ProcText>(fileSystem, number, FileModeBits.Regular, node, now)
{
    /// <summary>True for what is told of one task.</summary>
    public bool IsOfTask => Place is { Above.IsOfTask: true };

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        if ((OpenFile.AccessOf(flags) & FMode.Write) != 0 && Node.Write == null) return Errno.EACCES;
        if (Node.Check?.Invoke() is { } error and not Errno.None) return error;
        file = new ProcTextFile(dentry, flags);
        return Errno.None;
    }

    public override Errno Truncate(long size) => Node.Write != null ? Errno.None : Errno.EPERM;
}

/// <summary>An open file of /proc: its contents are those of the moment of the first read, and of the next read from the start.</summary>
internal sealed partial class ProcTextFile(Dentry dentry, OpenFlags flags) : OpenFile(dentry, flags, SeekableMode(flags))
{
    byte[]? contents;

    ProcText Node => ((ProcTextInode)Inode).Node;

    public override bool GivesSplices => !((ProcTextInode)Inode).IsOfTask;

    public override bool TakesSplices => GivesSplices;

    protected override IoResult ReadFrom(long position, Span<byte> to)
    {
        if (contents == null || position == 0) contents = Node.Read();
        if (position >= contents.Length) return Errno.None;
        int length = (int)Math.Min(to.Length, contents.Length - position);
        contents.AsSpan((int)position, length).CopyTo(to);
        return IoResult.From(length);
    }

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from) => Node.Write != null ? Node.Write(from) : Errno.EIO;
}

internal sealed partial class ProcMemoryInode(FileSystem fileSystem, ulong number, ProcMemory node, Timespec now)
    : ProcNodeInode<ProcMemory>(fileSystem, number, FileModeBits.Regular, node, now)
{
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        if (Node.Check?.Invoke() is { } error and not Errno.None) return error;
        file = new ProcMemoryFile(dentry, flags, Node.Open());
        return Errno.None;
    }

    public override Errno Truncate(long size) => Errno.None;
}

/// <summary>An open /proc/pid/mem.</summary>
internal sealed partial class ProcMemoryFile : OpenFile
{
    object? memory;

    public ProcMemoryFile(Dentry dentry, OpenFlags flags, object? memory) : base(dentry, flags, SeekableMode(flags)) => this.memory = memory;

    ProcMemory Node => ((ProcMemoryInode)Inode).Node;

    public override bool GivesSplices => false;

    public override bool TakesSplices => false;

    protected override IoResult ReadFrom(long position, Span<byte> to) => Node.Read(memory, position, to);

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from) => Node.Write(memory, position, from);
}
