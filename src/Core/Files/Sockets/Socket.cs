namespace CheckpointRestart.Core.Files;

/// <summary>A socket of any family (Linux: struct sock): what an open file, or a listener's queue, holds. Used on the machine's thread alone.</summary>
internal abstract partial class Socket
{
    protected Socket(Network network, int family, SocketType type, int protocol)
    {
        Network = network;
        Family = family;
        Type = type;
        Protocol = protocol;
        Number = network.NextSocket++;
    }

    /// <summary>Whose sockets these are: the machine's.</summary>
    public Network Network { get; }

    /// <summary>AF_*.</summary>
    public int Family { get; }

    /// <summary>SOCK_*.</summary>
    public SocketType Type { get; }

    /// <summary>IPPROTO_* or 0.</summary>
    public int Protocol { get; }

    /// <summary>Which socket of the machine it is, in the order in which they were made.</summary>
    public ulong Number { get; private set; }

    /// <summary>The open file; null for a connection that was not accepted yet.</summary>
    public SocketFile? File { get; private set; }

    /// <summary>True once the last open file is gone (Linux: SOCK_DEAD).</summary>
    public bool IsDead { get; private set; }

    /// <summary>The owner, who made it.</summary>
    public PeerIdentity Owner { get; set; }

    /// <summary>Half closes.</summary>
    public Shut Shutdowns { get; protected set; }

    /// <summary>True when messages have no boundaries.</summary>
    public bool IsStream => Type == SocketType.Stream;

    /// <summary>True after listen(2).</summary>
    public abstract bool IsListening { get; }

    /// <summary>Wakes when data, a connection, an error or an end arrives.</summary>
    public WaitQueue Readable { get; } = new();

    /// <summary>Wakes when there is room to send, a connection is made, or an error arrives.</summary>
    public WaitQueue Writable { get; } = new();

    /// <summary>The error to be told once (Linux: sk_err).</summary>
    public Errno PendingError { get; protected set; }

    /// <summary>The inode's number, 0 without a file.</summary>
    public ulong InodeNumber => File?.Inode.Number ?? 0;

    internal void Attach(SocketFile file)
    {
        File = file;
        Network.Sockets.Add(this);
    }

    /// <summary>The last open file is gone.</summary>
    internal void Close()
    {
        IsDead = true;
        Network.Sockets.Remove(this);
        OnClose();
    }

    /// <summary>Marks a socket that never had a file as gone.</summary>
    protected void MarkDead() => IsDead = true;

    /// <summary>Takes the pending error.</summary>
    public Errno TakeError()
    {
        var error = PendingError;
        PendingError = Errno.None;
        return error;
    }

    /// <summary>Sets an error for whoever asks next.</summary>
    protected void Fail(Errno error)
    {
        PendingError = error;
        WakeAll();
        Signal(IoReason.Error);
    }

    /// <summary>Something changed that both kinds of waiters care for.</summary>
    protected void WakeAll()
    {
        Readable.Wake();
        Writable.Wake();
    }

    /// <summary>bind(2).</summary>
    public abstract Errno Bind(ReadOnlySpan<byte> address, SocketCaller caller);

    /// <summary>connect(2). <paramref name="isRetry"/> when the call was waiting for it.</summary>
    public abstract IoResult Connect(ReadOnlySpan<byte> address, SocketCaller caller, bool nonBlocking, bool isRetry);

    /// <summary>listen(2).</summary>
    public virtual Errno Listen(int backlog, SocketCaller caller) => Errno.EOPNOTSUPP;

    /// <summary>accept(2).</summary>
    public virtual IoResult Accept(out Socket? accepted)
    {
        accepted = null;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>send(2) and the like: bytes taken.</summary>
    public abstract IoResult Send(in OutgoingMessage message);

    /// <summary>recv(2) and the like: bytes given; of a datagram its whole length when that is more than there was room for.</summary>
    public abstract IoResult Receive(ref IncomingMessage message);

    /// <summary>shutdown(2).</summary>
    public abstract Errno Shutdown(Shut how);

    /// <summary>getsockname(2): a sockaddr.</summary>
    public abstract byte[] Name { get; }

    /// <summary>getpeername(2): ENOTCONN.</summary>
    public abstract Errno GetPeer(out byte[] address);

    /// <summary>poll(2).</summary>
    public abstract PollEvents Poll();

    /// <summary>FIONREAD. EINVAL of a listener.</summary>
    public abstract IoResult UnreadBytes { get; }

    /// <summary>SIOCOUTQ.</summary>
    public virtual IoResult UnsentBytes => Errno.EINVAL;

    /// <summary>True at the mark of urgent data (SIOCATMARK); null where there is none.</summary>
    public virtual bool? IsAtMark => null;

    /// <summary>Bytes that the socket keeps for others, for a state hash.</summary>
    public abstract void AddState(Action<ReadOnlySpan<byte>> add);

    protected abstract void OnClose();
}
