namespace CheckpointRestart.Core.Files;

/// <summary>Two connected stream sockets without names (socketpair(2), unix(7)): what one end writes the other reads.</summary>
public static class SocketPair
{
    /// <summary>Makes both ends.</summary>
    /// <param name="tree">The machine's tree: it numbers the inodes.</param>
    /// <param name="flags">O_NONBLOCK.</param>
    public static void Create(FileTree tree, OpenFlags flags, out OpenFile first, out OpenFile second)
    {
        ArgumentNullException.ThrowIfNull(tree);
        Pipe.Create(tree, OpenFlags.ReadOnly, out var firstReads, out var secondWrites);
        Pipe.Create(tree, OpenFlags.ReadOnly, out var secondReads, out var firstWrites);
        first = Open(tree, flags, firstReads, firstWrites);
        second = Open(tree, flags, secondReads, secondWrites);
    }

    static SocketFile Open(FileTree tree, OpenFlags flags, OpenFile incoming, OpenFile outgoing)
    {
        var inode = new SocketInode(tree.PipeFiles, tree.Now);
        var file = new SocketFile(new Dentry(null, $"socket:[{inode.Number}]", inode), flags, incoming, outgoing);
        file.SetFlags(flags);
        return file;
    }
}

/// <summary>A socket; it cannot be opened by name.</summary>
internal sealed class SocketInode : Inode
{
    public SocketInode(FileSystem fileSystem, Timespec now) : base(fileSystem, fileSystem.TakeInode(), FileModeBits.Socket | 0x1FF) =>
        AccessTime = ModifyTime = ChangeTime = now;

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return Errno.ENXIO;
    }
}

/// <summary>One end of a pair: a pipe's reading end and another's writing end.</summary>
internal sealed class SocketFile(Dentry dentry, OpenFlags flags, OpenFile incoming, OpenFile outgoing)
    : OpenFile(dentry, (flags & OpenFlags.NonBlock) | OpenFlags.ReadWrite, FMode.Read | FMode.Write)
{
    public override WaitQueue? Readable => incoming.Readable;

    public override WaitQueue? Writable => outgoing.Writable;

    public override PollEvents Poll() => incoming.Poll() | outgoing.Poll();

    public override Errno SetFlags(OpenFlags flags)
    {
        incoming.SetFlags(flags);
        outgoing.SetFlags(flags);
        return base.SetFlags(flags);
    }

    protected override IoResult ReadNext(Span<byte> to) => incoming.Read(to);

    protected override IoResult WriteNext(ReadOnlySpan<byte> from) => outgoing.Write(from);

    protected override void OnClose()
    {
        incoming.Release();
        outgoing.Release();
    }
}
