using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A socket's inode: its number is what /proc/self/fd and /proc/net name it by; it cannot be opened.</summary>
internal sealed partial class SocketInode : Inode
{
    public SocketInode(FileSystem fileSystem, Timespec now) : base(fileSystem, fileSystem.TakeInode(), FileModeBits.Socket | 0x1FF) =>
        AccessTime = ModifyTime = ChangeTime = now;

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return Errno.ENXIO;
    }
}

/// <summary>An open file that is a socket.</summary>
internal sealed partial class SocketFile : OpenFile
{
    /// <summary>Makes the open file of a socket that has none yet.</summary>
    public SocketFile(Socket socket, OpenFlags flags)
        : base(MakeDentry(socket.Network), (flags & OpenFlags.NonBlock) | OpenFlags.ReadWrite, FMode.Read | FMode.Write)
    {
        Socket = socket;
        socket.Attach(this);
    }

    /// <summary>The socket.</summary>
    public Socket Socket { get; }

    /// <inheritdoc/>
    public override WaitQueue? Readable => Socket.Readable;

    /// <inheritdoc/>
    public override WaitQueue? Writable => Socket.Writable;

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        var events = Socket.Poll();
        if ((events & PollEvents.Out) == 0) Socket.WantsRoom = true;
        return events;
    }

    internal override bool SetAsync(bool on, int descriptor)
    {
        Socket.SetAsync(this, on, descriptor);
        return true;
    }

    /// <inheritdoc/>
    public override IoResult Ioctl(uint request, uint argument, AddressSpace memory) => SocketControls.Control(Socket, request, argument, memory);

    /// <inheritdoc/>
    protected override IoResult ReadNext(Span<byte> to)
    {
        var message = new IncomingMessage { Data = to, IsNonBlocking = IsNonBlocking, Target = Math.Min(to.Length, 1) };
        var result = Socket.Receive(ref message);
        Socket.Network.Release(message.Files);
        return result;
    }

    /// <inheritdoc/>
    protected override IoResult WriteNext(ReadOnlySpan<byte> from) =>
        Socket.Send(new OutgoingMessage { Data = from, IsNonBlocking = IsNonBlocking, Caller = Socket.Network.Nobody });

    /// <inheritdoc/>
    protected override void OnClose() => Socket.Network.Closing(Socket);

    static Dentry MakeDentry(Network network)
    {
        var inode = new SocketInode(network.FileSystem, network.Now);
        return new Dentry(null, $"socket:[{inode.Number}]", inode);
    }
}
