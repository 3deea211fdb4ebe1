using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>States of a TCP connection, with Linux's numbers (include/net/tcp_states.h).</summary>
internal enum TcpState
{
    Established = 1,
    SynSent,
    SynReceived,
    FinWait1,
    FinWait2,
    TimeWait,
    Close,
    CloseWait,
    LastAck,
    Listen,
    Closing,
}

/// <summary>A TCP socket inside the machine (tcp(7)): both ends of a connection know each other, and what one sends is at once with the other. Connections.</summary>
internal sealed partial class TcpSocket : InternetSocket
{
    /// <summary>How far connect(2) is (Linux: socket_state).</summary>
    enum Stage
    {
        Unconnected,
        Connecting,
        Connected,
    }

    const long SynTimeout = 127_000_000_000;

    readonly List<TcpSocket> pending = [];
    readonly List<TcpSocket> dropped = [];
    Stage stage;
    TcpSocket? peer;
    TcpSocket? dialled;
    TimeWait? trace;
    int backlog;
    bool isDone;

    public TcpSocket(Network network, int family) : base(network, family, SocketType.Stream, Levels.Tcp)
    {
        SendBuffer = 16384;
        ReceiveBuffer = 131072;
    }

    /// <summary>Where the connection is.</summary>
    public TcpState State { get; private set; } = TcpState.Close;

    /// <inheritdoc/>
    public override bool IsListening => State == TcpState.Listen;

    /// <summary>The other end; null before and after the connection.</summary>
    public TcpSocket? Peer => peer;

    /// <summary>Connections that wait to be accepted.</summary>
    public IReadOnlyList<TcpSocket> Pending => pending;

    /// <summary>Most connections that wait to be accepted, less one.</summary>
    public int Backlog => backlog;

    protected override PortSpace Space => Network.Ports.Tcp;

    protected override bool IsInUse => State != TcpState.Close;

    protected override bool Conflicts(bool isChosen) => Network.Ports.TcpConflict(this, relax: !isChosen);

    /// <inheritdoc/>
    public override Errno GetPeer(out byte[] address)
    {
        address = Remote.Write(IsV6);
        return Remote.Port == 0 || State is TcpState.Close or TcpState.SynSent or TcpState.Listen ? Errno.ENOTCONN : Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Listen(int backlog, SocketCaller caller)
    {
        if (stage != Stage.Unconnected || State is not (TcpState.Close or TcpState.Listen)) return Errno.EINVAL;
        this.backlog = backlog;
        if (State == TcpState.Listen)
        {
            Admit();
            return Errno.None;
        }
        State = TcpState.Listen;
        bool isFree = HasPort ? !Conflicts(isChosen: false) : TakePort(choose: true);
        if (!isFree)
        {
            State = TcpState.Close;
            GivePort();
            return Errno.EADDRINUSE;
        }
        Shutdowns = Shut.None;
        isDone = false;
        return Errno.None;
    }

    /// <inheritdoc/>
    public override IoResult Accept(out Socket? accepted)
    {
        accepted = null;
        if (State != TcpState.Listen) return Errno.EINVAL;
        if (pending.Count == 0) return PendingError != Errno.None ? TakeError() : IoResult.Block(Readable);
        var connection = pending[0];
        pending.RemoveAt(0);
        connection.stage = Stage.Connected;
        accepted = connection;
        Admit();
        return Errno.None;
    }

    /// <summary>Lets in who was turned away when the queue was full, and would try again by itself.</summary>
    void Admit()
    {
        while (dropped.Count > 0 && pending.Count <= backlog)
        {
            var client = dropped[0];
            dropped.RemoveAt(0);
            Join(client);
        }
    }

    void Join(TcpSocket client)
    {
        var connection = new TcpSocket(Network, Family) { Owner = Owner, State = TcpState.Established, peer = client, HasPort = true };
        connection.CopyOptions(this);
        connection.CopyInternetOptions(this);
        connection.CopyTcpOptions(this);
        connection.Local = client.Remote;
        connection.Remote = client.Local;
        Space.Add(connection);
        client.peer = connection;
        client.dialled = null;
        client.State = TcpState.Established;
        pending.Add(connection);
        HasInput();
        client.WakeAll();
        client.Signal(IoReason.Output);
    }

    /// <inheritdoc/>
    public override IoResult Connect(ReadOnlySpan<byte> address, SocketCaller caller, bool nonBlocking, bool isRetry)
    {
        if (address.Length < 2) return Errno.EINVAL;
        if (BinaryPrimitives.ReadUInt16LittleEndian(address) == Families.Unspecified)
        {
            Disconnect();
            return Errno.None;
        }
        var waiting = Errno.EALREADY;
        switch (stage)
        {
            case Stage.Connected: return Errno.EISCONN;
            case Stage.Unconnected:
                if (State != TcpState.Close) return Errno.EISCONN;
                var error = Dial(address, caller);
                if (error != Errno.None) return error;
                stage = Stage.Connecting;
                // The answer comes after the caller was told that it would have to wait, however near the other end is.
                if (nonBlocking) return Errno.EINPROGRESS;
                waiting = Errno.EINPROGRESS;
                break;
        }
        if (State == TcpState.SynSent) return nonBlocking ? waiting : IoResult.Block(Writable);
        if (State == TcpState.Close)
        {
            var error = TakeError();
            Disconnect();
            return error != Errno.None ? error : Errno.ECONNABORTED;
        }
        stage = Stage.Connected;
        return Errno.None;
    }

    /// <summary>What a connect(2) that waits too long gives.</summary>
    public static long DialTimeout => SynTimeout;

    /// <summary>Ends the try to connect: nobody answered.</summary>
    public void GiveUp()
    {
        dialled?.dropped.Remove(this);
        dialled = null;
        Disconnect();
    }

    Errno Dial(ReadOnlySpan<byte> address, SocketCaller caller)
    {
        var error = ReadDestination(address, out var to);
        if (error != Errno.None) return error;
        if (to.IsMulticast || to.IsBroadcast || !to.IsLocal) return Errno.ENETUNREACH;
        var local = Local.IsAny ? Local with { Address = SourceFor(to) } : Local;
        if (!HasPort)
        {
            int port = Space.Choose(forBind: false, candidate => IsFreeToConnect(new Endpoint(local.Address, candidate), to));
            if (port == 0) return Errno.EADDRNOTAVAIL;
            Local = local with { Port = port };
            HasPort = true;
            Space.Add(this);
        }
        else
        {
            if (HasTwin(Space[local.Port], local, to)) return Errno.EADDRNOTAVAIL;
            Local = local;
        }
        Remote = to;
        PendingError = Errno.None;
        Shutdowns = Shut.None;
        State = TcpState.SynSent;
        var listener = FindListener(to);
        if (listener == null && to.Port == Local.Port && to.Address == Local.Address)
        {
            // Both ends at once: a socket that connects to itself.
            peer = this;
            State = TcpState.Established;
            WakeAll();
            Signal(IoReason.Output);
        }
        else if (listener == null)
        {
            Reset(Errno.ECONNREFUSED);
        }
        else if (listener.pending.Count > listener.backlog)
        {
            listener.dropped.Add(this);
            dialled = listener;
        }
        else
        {
            listener.Join(this);
        }
        return Errno.None;
    }

    bool IsFreeToConnect(Endpoint local, Endpoint to)
    {
        var there = Space[local.Port];
        foreach (var user in there)
            if (user.IsListening || user.Remote.Port == 0 || user is TcpSocket { HasFixedPort: true }) return false;
        return !HasTwin(there, local, to);
    }

    bool HasTwin(IReadOnlyList<IPortUser> there, Endpoint local, Endpoint to)
    {
        foreach (var user in there)
        {
            if (ReferenceEquals(user, this) || user.Local.Address != local.Address || user.Remote.Port != to.Port || user.Remote.Address != to.Address) continue;
            if (!user.IsTimeWait) return true;
        }
        return false;
    }

    TcpSocket? FindListener(Endpoint to)
    {
        TcpSocket? best = null;
        int bestScore = -1, group = 0;
        foreach (var user in Space[to.Port])
        {
            if (user is not TcpSocket { State: TcpState.Listen } socket) continue;
            int score = Score(socket, to, Local);
            if (score < 0 || score < bestScore) continue;
            // Of those that share the port, the connecting port decides.
            group = score > bestScore ? 1 : group + 1;
            if (score > bestScore || Local.Port / 2 % group == 0) best = socket;
            bestScore = score;
        }
        return best;
    }
}
