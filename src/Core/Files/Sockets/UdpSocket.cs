using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>A datagram of UDP in a receiver's queue.</summary>
internal sealed partial record UdpPacket(byte[] Data, Endpoint From, Endpoint To, int Charge, Timespec Arrived, byte Tos, byte Ttl);

/// <summary>A UDP socket inside the machine (udp(7)).</summary>
internal sealed partial class UdpSocket : InternetSocket
{
    const int LongestV4 = 65507, LongestV6 = 65527;

    readonly Queue<UdpPacket> queue = new();
    int charged;
    bool isConnected;
    bool hasCork;

    /// <summary>A socket of UDP, or of UDP-Lite, which has ports of its own.</summary>
    public UdpSocket(Network network, int family, int protocol) : base(network, family, SocketType.Datagram, protocol)
    {
    }

    /// <inheritdoc/>
    public override bool IsListening => false;

    /// <summary>True after connect(2).</summary>
    public bool IsConnected => isConnected;

    /// <summary>Bytes charged to the queue.</summary>
    public int Charged => charged;

    /// <summary>Datagrams that found no room.</summary>
    public long Drops { get; private set; }

    protected override PortSpace Space => Protocol == Levels.UdpLite ? Network.Ports.UdpLite : Network.Ports.Udp;

    protected override bool IsInUse => isConnected;

    protected override bool Conflicts(bool isChosen) => PortTable.UdpConflict(this, Space);

    /// <inheritdoc/>
    public override IoResult UnreadBytes => IoResult.From(queue.Count > 0 ? queue.Peek().Data.Length : 0);

    /// <inheritdoc/>
    public override IoResult UnsentBytes => IoResult.From(0);

    /// <inheritdoc/>
    public override Errno GetPeer(out byte[] address)
    {
        address = Remote.Write(IsV6);
        return isConnected ? Errno.None : Errno.ENOTCONN;
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
        if (!HasPort && !TakePort(choose: true)) return Errno.EAGAIN;
        var error = ReadDestination(address, out var to);
        if (error == Errno.None) error = CheckRoute(to);
        if (error != Errno.None) return error;
        if (Local.IsAny) Local = Local with { Address = SourceFor(to) };
        Remote = to;
        isConnected = true;
        PendingError = Errno.None;
        return Errno.None;
    }

    void Disconnect()
    {
        isConnected = false;
        Remote = new(IsV6 ? 0 : Endpoint.AnyV4, 0);
        if (!HasFixedPort) GivePort();
        Local = new(HasFixedAddress ? Local.Address : IsV6 ? 0 : Endpoint.AnyV4, HasFixedPort ? Local.Port : 0);
        WakeAll();
    }

    /// <summary>Everything but the machine itself is out of reach.</summary>
    Errno CheckRoute(Endpoint to)
    {
        if (to.IsBroadcast) return to.Short == uint.MaxValue && !SendsToLoopback ? Errno.ENETUNREACH : Broadcast ? Errno.None : Errno.EACCES;
        if (to.IsMulticast) return SendsToLoopback || (!to.IsV4 && to.Scope == Network.Loopback) ? Errno.None : Errno.ENETUNREACH;
        return to.IsLocal ? Errno.None : Errno.ENETUNREACH;
    }

    /// <inheritdoc/>
    public override IoResult Send(in OutgoingMessage message)
    {
        if (!HasPort && !TakePort(choose: true)) return Errno.EAGAIN;
        if (message.Data.Length > 0xFFFF) return Errno.EMSGSIZE;
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        Endpoint to;
        if (!message.To.IsEmpty)
        {
            var error = ReadDestination(message.To, out to);
            if (error != Errno.None) return error;
            if (to.Port == 0) return Errno.EINVAL;
        }
        else if (isConnected)
        {
            to = Remote;
        }
        else
        {
            return Errno.EDESTADDRREQ;
        }
        var route = CheckRoute(to);
        if (route != Errno.None) return route;
        if (PendingError != Errno.None) return TakeError();
        if (message.Data.Length > (to.IsV4 ? LongestV4 : LongestV6)) return Errno.EMSGSIZE;
        if ((Shutdowns & Shut.Send) != 0) return Errno.EPIPE;
        var source = Local.IsAny ? SourceFor(to) : Local.Address;
        if (message.HasSource && !Endpoint.IsAnyAddress(message.Source)) source = message.Source;
        if ((corked?.Length ?? 0) + message.Data.Length > (to.IsV4 ? LongestV4 : LongestV6))
        {
            corked = null;
            return Errno.EMSGSIZE;
        }
        if (!CorkEnded(message, to, out var data)) return IoResult.From(message.Data.Length);
        int tos = message.Tos ?? TosFor(to), ttl = message.Ttl ?? TtlFor(to);
        Deliver(new UdpPacket(data, Local with { Address = source }, to, PacketMemory.OfUdp(data.Length), Network.Now, (byte)tos, (byte)ttl));
        return IoResult.From(message.Data.Length);
    }

    /// <summary>UDP_CORK and MSG_MORE: several sends make one datagram.</summary>
    bool CorkEnded(in OutgoingMessage message, Endpoint to, out byte[] data)
    {
        bool more = hasCork || (message.Flags & MessageFlags.More) != 0;
        if (corked == null && !more)
        {
            data = message.Data.ToArray();
            return true;
        }
        data = [.. corked ?? [], .. message.Data];
        corkedTo = corked == null ? to : corkedTo;
        corked = more ? data : null;
        return !more;
    }

    byte[]? corked;
    Endpoint corkedTo;

    void Deliver(UdpPacket packet)
    {
        Endpoint from = packet.From, to = packet.To;
        if (to.IsMulticast || to.IsBroadcast)
        {
            foreach (var user in Space[to.Port].ToArray())
                if (user is UdpSocket socket && socket.Takes(packet)) socket.Take(packet);
            return;
        }
        UdpSocket? best = null;
        int bestScore = -1, group = 0;
        foreach (var user in Space[to.Port])
        {
            var socket = (UdpSocket)user;
            int score = Score(socket, to, from);
            if (score < 0 || score < bestScore) continue;
            bool shares = socket.ReusePort && score == bestScore;
            group = shares ? group + 1 : 1;
            // The last bound has it, but for those that share a port on purpose.
            if (!shares || from.Port / 2 % group == 0) best = socket;
            bestScore = score;
        }
        if (best != null) best.Take(packet);
        else if (isConnected || RecvErrors) Fail(Errno.ECONNREFUSED);
    }

    bool Takes(UdpPacket packet)
    {
        if (Local.Port != packet.To.Port || (isConnected && (Remote.Port != packet.From.Port || Remote.Address != packet.From.Address))) return false;
        if (packet.To.IsV4 ? IsV6Only && !Local.IsV4 : Local.IsV4) return false;
        if (!Local.IsAny && Local.Address != packet.To.Address) return false;
        return packet.To.IsBroadcast || IsMember(packet.To.Address);
    }

    void Take(UdpPacket packet)
    {
        if (charged > ReceiveBuffer - packet.Charge && charged > 0 || Network.IsFull)
        {
            Drops++;
            return;
        }
        charged += packet.Charge;
        Network.Buffered += packet.Charge;
        LastArrival = packet.Arrived;
        queue.Enqueue(packet);
        HasInput();
    }

    /// <inheritdoc/>
    public override IoResult Receive(ref IncomingMessage message)
    {
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        if (PendingError != Errno.None) return TakeError();
        if (queue.Count == 0) return (Shutdowns & Shut.Receive) != 0 && !message.IsNonBlocking ? Errno.None : IoResult.Block(Readable);
        var packet = queue.Peek();
        int length = Math.Min(message.Data.Length, packet.Data.Length);
        packet.Data.AsSpan(0, length).CopyTo(message.Data);
        if (length < packet.Data.Length) message.Result |= MessageFlags.Truncated;
        message.From = packet.From.Write(IsV6);
        if (WantsTimestamp) AddTimestamp(ref message, packet.Arrived);
        AddPacketControl(ref message, packet);
        if ((message.Flags & MessageFlags.Peek) == 0)
        {
            queue.Dequeue();
            charged -= packet.Charge;
            Network.Buffered -= packet.Charge;
        }
        return IoResult.From((message.Flags & MessageFlags.Truncated) != 0 ? packet.Data.Length : length);
    }

    /// <inheritdoc/>
    public override Errno Shutdown(Shut how)
    {
        Shutdowns |= how;
        WakeAll();
        return isConnected ? Errno.None : Errno.ENOTCONN;
    }

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        var events = PollEvents.Out | PollEvents.WriteNormal | PollEvents.WriteBand;
        if (PendingError != Errno.None) events |= PollEvents.Error;
        if ((Shutdowns & Shut.Receive) != 0) events |= PollEvents.ReadHangUp | PollEvents.In | PollEvents.ReadNormal;
        if (Shutdowns == Shut.Both) events |= PollEvents.HangUp;
        return queue.Count > 0 ? events | PollEvents.In | PollEvents.ReadNormal : events;
    }

    protected override void OnClose()
    {
        LeaveGroups();
        Network.Buffered -= charged;
        charged = 0;
        queue.Clear();
        GivePort();
    }

    /// <inheritdoc/>
    public override void AddState(Action<ReadOnlySpan<byte>> add)
    {
        add([(byte)Shutdowns, (byte)PendingError, (byte)(isConnected ? 1 : 0)]);
        add(Local.Write(isLong: true));
        add(Remote.Write(isLong: true));
        foreach (var packet in queue) add(packet.Data);
    }
}
