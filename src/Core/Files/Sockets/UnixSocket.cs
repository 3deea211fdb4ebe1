using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>A UNIX socket (unix(7); semantics of net/unix/af_unix.c): names, connections, state.</summary>
internal sealed partial class UnixSocket : Socket
{
    enum State
    {
        Closed,
        Listening,
        Connected,
    }

    const int PathOffset = 2, LongestAddress = 110;
    static readonly byte[] NoName = [1, 0];

    readonly List<UnixSocket> pending = [];
    State state;
    byte[] name = [];
    string? abstractName;
    SpecialInode? node;
    UnixSocket? peer;
    int backlog;

    public UnixSocket(Network network, SocketType type) : base(network, Families.Unix, type, 0) => backlog = network.UnixDatagrams;

    /// <summary>Who the other end is: SO_PEERCRED.</summary>
    public PeerIdentity PeerIdentity { get; private set; } = PeerIdentity.None;

    /// <summary>The other end's supplementary groups: SO_PEERGROUPS.</summary>
    public uint[]? PeerGroups { get; private set; }

    /// <summary>The other end, which may be dead; null when there is none.</summary>
    public UnixSocket? Peer => peer;

    /// <summary>Connections that wait to be accepted.</summary>
    public IReadOnlyList<UnixSocket> Pending => pending;

    /// <inheritdoc/>
    public override bool IsListening => state == State.Listening;

    /// <summary>True when connected.</summary>
    public bool IsConnected => state == State.Connected;

    /// <summary>The name as /proc/net/unix shows it: a path, or @ and an abstract name; empty without one.</summary>
    public byte[] ShownName
    {
        get
        {
            if (name.Length == 0) return [];
            var text = name.AsSpan(PathOffset).ToArray();
            if (abstractName == null) return text.AsSpan().TrimEnd((byte)0).ToArray();
            for (int i = 0; i < text.Length; i++)
                if (text[i] == 0) text[i] = (byte)'@';
            return text;
        }
    }

    bool IsPacket => Type != SocketType.Stream;

    /// <inheritdoc/>
    public override byte[] Name => name.Length == 0 ? NoName : name;

    /// <summary>Two sockets connected to each other (socketpair(2)).</summary>
    public static (UnixSocket First, UnixSocket Second) Pair(Network network, SocketType type, SocketCaller caller)
    {
        UnixSocket first = new(network, type) { Owner = caller.Identity }, second = new(network, type) { Owner = caller.Identity };
        first.peer = second;
        second.peer = first;
        foreach (var end in (ReadOnlySpan<UnixSocket>)[first, second])
        {
            end.PeerIdentity = caller.Identity;
            end.PeerGroups = caller.Groups;
            end.state = State.Connected;
        }
        return (first, second);
    }

    /// <inheritdoc/>
    public override Errno GetPeer(out byte[] address)
    {
        address = peer?.Name ?? [];
        return peer != null ? Errno.None : Errno.ENOTCONN;
    }

    /// <inheritdoc/>
    public override Errno Bind(ReadOnlySpan<byte> address, SocketCaller caller)
    {
        if (address.Length == PathOffset && BinaryPrimitives.ReadUInt16LittleEndian(address) == Families.Unix) return Autobind();
        var error = CheckAddress(address);
        if (error != Errno.None) return error;
        if (address[PathOffset] == 0)
        {
            if (name.Length != 0) return Errno.EINVAL;
            string text = AbstractText(address);
            if (!Network.AbstractNames.TryAdd(text, this)) return Errno.EADDRINUSE;
            abstractName = text;
            name = address.ToArray();
            return Errno.None;
        }
        var path = PathOf(address);
        if (name.Length != 0) return Errno.EINVAL;
        error = caller.MakeNode(GuestText.FromBytes(path), out var made);
        if (error != Errno.None) return error == Errno.EEXIST ? Errno.EADDRINUSE : error;
        node = (SpecialInode)made!.Inode;
        node.Bound = this;
        name = new byte[PathOffset + path.Length + 1];
        name[0] = Families.Unix;
        path.CopyTo(name.AsSpan(PathOffset));
        return Errno.None;
    }

    /// <summary>Takes an abstract name of five hexadecimal digits that nobody has.</summary>
    Errno Autobind()
    {
        if (name.Length != 0) return Errno.None;
        for (int tries = 0; tries <= 0xFFFFF; tries++)
        {
            string text = (Network.NextAutobind++ & 0xFFFFF).ToString("x5");
            if (!Network.AbstractNames.TryAdd("\0" + text, this)) continue;
            abstractName = "\0" + text;
            name = [Families.Unix, 0, .. GuestText.ToBytes(abstractName)];
            return Errno.None;
        }
        return Errno.ENOSPC;
    }

    static Errno CheckAddress(ReadOnlySpan<byte> address) =>
        address.Length is <= PathOffset or > LongestAddress || BinaryPrimitives.ReadUInt16LittleEndian(address) != Families.Unix ? Errno.EINVAL : Errno.None;

    static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> address)
    {
        var path = address[PathOffset..];
        int end = path.IndexOf((byte)0);
        return end < 0 ? path : path[..end];
    }

    /// <summary>A character a byte, so that names are equal when their bytes are.</summary>
    static string AbstractText(ReadOnlySpan<byte> address)
    {
        var bytes = address[PathOffset..];
        return string.Create(bytes.Length, bytes.ToArray(), static (to, from) =>
        {
            for (int i = 0; i < from.Length; i++) to[i] = (char)from[i];
        });
    }

    /// <summary>Finds the socket of a name. ECONNREFUSED when nobody has it, EPROTOTYPE when it is of another type.</summary>
    Errno Find(ReadOnlySpan<byte> address, SocketCaller caller, out UnixSocket? found)
    {
        found = null;
        var error = CheckAddress(address);
        if (error != Errno.None) return error;
        if (address[PathOffset] == 0)
        {
            if (!Network.AbstractNames.TryGetValue(AbstractText(address), out found)) return Errno.ECONNREFUSED;
        }
        else
        {
            error = caller.FindNode(GuestText.FromBytes(PathOf(address)), out var inode);
            if (error != Errno.None) return error;
            found = (inode as SpecialInode)?.Bound;
            if (found == null) return Errno.ECONNREFUSED;
        }
        return found.Type == Type ? Errno.None : Errno.EPROTOTYPE;
    }

    /// <inheritdoc/>
    public override Errno Listen(int backlog, SocketCaller caller)
    {
        if (Type == SocketType.Datagram) return Errno.EOPNOTSUPP;
        if (name.Length == 0 || state == State.Connected) return Errno.EINVAL;
        if (backlog > this.backlog) Writable.Wake();
        this.backlog = backlog;
        state = State.Listening;
        PeerIdentity = caller.Identity;
        PeerGroups = caller.Groups;
        return Errno.None;
    }

    /// <inheritdoc/>
    public override IoResult Connect(ReadOnlySpan<byte> address, SocketCaller caller, bool nonBlocking, bool isRetry)
    {
        if (Type == SocketType.Datagram) return ConnectDatagram(address, caller);
        var error = CheckAddress(address);
        if (error != Errno.None) return error;
        if (PassCredentials && name.Length == 0 && (error = Autobind()) != Errno.None) return error;
        error = Find(address, caller, out var other);
        if (error != Errno.None) return error;
        if (other!.state != State.Listening || (other.Shutdowns & Shut.Receive) != 0) return Errno.ECONNREFUSED;
        if (other.pending.Count > other.backlog) return nonBlocking ? Errno.EAGAIN : IoResult.Block(other.Writable);
        if (state != State.Closed) return state == State.Connected ? Errno.EISCONN : Errno.EINVAL;

        var accepted = new UnixSocket(Network, Type) { Owner = other.Owner, peer = this, state = State.Connected, PeerIdentity = caller.Identity, PeerGroups = caller.Groups, name = other.name };
        accepted.CopyOptions(other);
        peer = accepted;
        state = State.Connected;
        PeerIdentity = other.PeerIdentity;
        PeerGroups = other.PeerGroups;
        other.pending.Add(accepted);
        other.HasInput();
        WakeAll();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override IoResult Accept(out Socket? accepted)
    {
        accepted = null;
        if (Type == SocketType.Datagram) return Errno.EOPNOTSUPP;
        if (state != State.Listening) return Errno.EINVAL;
        if (pending.Count == 0)
        {
            // A listener that was shut down says so as a queue without packets does.
            if (PendingError != Errno.None) return TakeError();
            return (Shutdowns & Shut.Receive) != 0 ? Errno.EINVAL : IoResult.Block(Readable);
        }
        accepted = pending[0];
        pending.RemoveAt(0);
        Writable.Wake();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Shutdown(Shut how)
    {
        Shutdowns |= how;
        if (peer != null && Type != SocketType.Datagram)
        {
            var turned = ((how & Shut.Receive) != 0 ? Shut.Send : 0) | ((how & Shut.Send) != 0 ? Shut.Receive : 0);
            peer.Shutdowns |= turned;
            peer.WakeAll();
            if (turned == Shut.Both) peer.Signal(IoReason.HangUp);
            else if ((turned & Shut.Receive) != 0) peer.Signal(IoReason.Input);
        }
        WakeAll();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        var events = PollEvents.None;
        if (PendingError != Errno.None) events |= PollEvents.Error;
        if (Shutdowns == Shut.Both) events |= PollEvents.HangUp;
        if ((Shutdowns & Shut.Receive) != 0) events |= PollEvents.ReadHangUp | PollEvents.In | PollEvents.ReadNormal;
        if (urgent != null) events |= PollEvents.Priority;
        if (queue.Count > 0 || pending.Count > 0) events |= PollEvents.In | PollEvents.ReadNormal;
        if (Type != SocketType.Datagram && state == State.Closed) events |= PollEvents.HangUp;
        bool writable = IsWritable && (!IsPacket || !IsPeerFull(peer));
        return writable ? events | PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand : events;
    }

    bool IsWritable => state != State.Listening && (long)charged << 2 <= SendBuffer;

    protected override void OnClose()
    {
        if (abstractName != null) Network.AbstractNames.Remove(abstractName);
        if (node != null) node.Bound = null;
        node = null;
        state = State.Closed;
        bool hadUnread = (queue.First?.Value.Left == 0 ? queue.Count > 1 : queue.Count > 0) || pending.Count > 0;
        Shutdowns = Shut.Both;
        var other = peer;
        peer = null;
        if (other != null && !ReferenceEquals(other, this))
        {
            if (Type == SocketType.Datagram)
            {
                other.RemoveSender(this);
                other.Writable.Wake();
            }
            else
            {
                other.Shutdowns = Shut.Both;
                if (hadUnread) other.PendingError = Errno.ECONNRESET;
                other.WakeAll();
                other.Signal(IoReason.HangUp);
            }
        }
        Purge();
        foreach (var connection in pending)
        {
            // Whoever had connected sees a reset, as if its first bytes had been left unread.
            var client = connection.peer;
            connection.MarkDead();
            connection.OnClose();
            if (client != null) client.PendingError = Errno.ECONNRESET;
        }
        pending.Clear();
        WakeAll();
        Network.Collector.Suspect();
    }
}
