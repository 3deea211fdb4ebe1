using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: names, connections, and the queue with the bounds of its packets and the files in flight.</content>
internal sealed partial class UnixSocket : IStateObject
{
    internal const int LongestName = LongestAddress + 1;

    const int MostPeerGroups = 65536, MostPending = 1 << 20;

    long restoredCharge;
    bool isRestoredPending;

    string IStateObject.StateKind => "unix-socket";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitSocket(visitor);
        state = visitor.Enum("state", state);
        VisitName(visitor);
        peer = visitor.Ref("peer", peer);
        PeerIdentity = visitor.Identity("peer-identity", PeerIdentity);
        VisitPeerGroups(visitor);
        backlog = visitor.Int("backlog", backlog, 0);
        var connections = visitor.Refs("pending", pending, MostPending);
        // Whose end is gone wakes nobody.
        var senders = visitor.Refs("connected-senders", IsDead ? [] : connectedSenders, MostPending);
        room.Visit(visitor, "waiting-senders");
        VisitQueue(visitor);
        charged = visitor.Int("charged", charged, 0);
        if (!visitor.IsReading) return;
        pending.AddRange(connections);
        foreach (var connection in connections)
        {
            visitor.Require(!connection.isRestoredPending, "a connection waits to be accepted once");
            connection.isRestoredPending = true;
        }
        connectedSenders.AddRange(senders);
        foreach (var sender in senders) visitor.Require(connectedSenderSet.Add(sender), "who sends to a socket is named once");
        visitor.Later(OpenFile.HoldersAreThere, () => Check(visitor));
    }

    void VisitName(StateVisitor visitor)
    {
        name = visitor.Bytes("name", name, LongestName) ?? [];
        bool isAbstract = visitor.Flag("abstract", abstractName != null && !IsDead);
        node = visitor.Ref("node", node);
        if (!visitor.IsReading) return;
        visitor.Require(name.Length == 0 || (name.Length > PathOffset && name[0] == Families.Unix && name[1] == 0), "a name is a sockaddr of its family");
        if (!isAbstract) return;
        visitor.Require(!IsDead && node == null && name.Length > PathOffset && name[PathOffset] == 0, "who has an abstract name is alive, has no other one, and it begins with NUL");
        abstractName = AbstractText(name);
        visitor.Require(Network.AbstractNames.TryAdd(abstractName, this), "abstract names differ");
    }

    void VisitPeerGroups(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("peer-groups", PeerGroups != null)) return;
        PeerGroups = [.. visitor.List<uint>("groups", PeerGroups ?? [], MostPeerGroups, static (v, gid) => v.Uint("gid", gid))];
        visitor.EndStructure();
    }

    void VisitQueue(StateVisitor visitor)
    {
        var read = visitor.List<(UnixPacket Packet, bool IsUrgent)>("queue", [.. queue.Select(packet => (packet, ReferenceEquals(packet, urgent)))], MostPending,
            (v, entry) => (UnixPacket.Visit(v, entry.Packet, Type), v.Flag("urgent", entry.IsUrgent)));
        if (!visitor.IsReading) return;
        foreach (var (packet, isUrgent) in read)
        {
            visitor.Require(packet.Sender.Type == Type, "a packet comes from a socket of its receiver's type");
            queue.AddLast(packet);
            visitor.Require(packet.Left <= int.MaxValue - queuedBytes, "a queue has fewer than 2^31 bytes");
            queuedBytes += packet.Left;
            packet.Sender.restoredCharge += packet.Charge;
            Network.RestoredBuffered += packet.Charge;
            if (packet.Files != null) visitor.Later(0, () => Network.Collector.Restore(packet.Files, packet.Sender.Owner.Uid));
            if (!isUrgent) continue;
            visitor.Require(Type == SocketType.Stream && urgent == null && packet is { Data.Length: 1, Left: 1 }, "one byte of a stream is urgent, a packet of its own");
            urgent = packet;
        }
    }

    void Check(StateVisitor visitor)
    {
        visitor.Require(restoredCharge == charged, "a socket is charged for what it has sent and nobody has received");
        visitor.Require(charged <= MostForcedBuffer + (2 * MostDatagram), "a socket has no more under way than fits the largest buffer, and one packet");
        visitor.Require((state == State.Connected) == (peer != null), "who is connected has a peer");
        visitor.Require(peer == null || peer.Type == Type, "both ends of a connection have one type");
        if (IsDead) visitor.Require(peer == null && state == State.Closed && queue.Count == 0 && pending.Count == 0 && node == null, "a socket that is gone holds nothing");
        else visitor.Require(File != null || isRestoredPending, "a socket without an open file waits to be accepted");
        visitor.Require(!isRestoredPending || (File == null && !IsDead), "a connection that waits to be accepted is alive and has no open file");
        visitor.Require(node == null || (node.Type == FileModeBits.Socket && ReferenceEquals(node.Bound, this)), "the file that a socket is bound to is a socket's, and knows it");
        if (Type == SocketType.Datagram) CheckDatagram(visitor);
        else CheckConnection(visitor);
    }

    void CheckDatagram(StateVisitor visitor)
    {
        visitor.Require(state != State.Listening && pending.Count == 0, "a datagram socket does not listen");
        foreach (var sender in connectedSenders) visitor.Require(!sender.IsDead && ReferenceEquals(sender.peer, this), "who sends to a socket is connected to it");
    }

    void CheckConnection(StateVisitor visitor)
    {
        visitor.Require(connectedSenders.Count == 0, "only datagram sockets have many senders");
        visitor.Require(pending.Count == 0 || state == State.Listening, "who has connections that wait listens");
        foreach (var connection in pending) visitor.Require(connection.Type == Type && connection.state == State.Connected, "what waits to be accepted is a connection of the listener's type");
        if (peer != null) visitor.Require(!ReferenceEquals(peer, this) && (peer.IsDead || ReferenceEquals(peer.peer, this)), "both ends of a connection know each other");
        foreach (var packet in queue) visitor.Require(ReferenceEquals(packet.Sender, peer), "what waits in a connection comes from its other end");
    }

    /// <summary>True when the socket is bound to a file of the tree.</summary>
    internal bool IsBoundTo(SpecialInode inode) => ReferenceEquals(node, inode);

    internal static UnixSocket Create(StateVisitor visitor, Network network)
    {
        FamilyOf(visitor, Families.Unix, Families.Unix);
        var type = visitor.Enum("type", SocketType.Stream);
        visitor.Require(type is SocketType.Stream or SocketType.Datagram or SocketType.SequencedPacket, "a UNIX socket has one of three types");
        return new(network, type);
    }
}

/// <content>State.</content>
internal sealed partial class UnixPacket
{
    const int MostFiles = 253;

    /// <summary>A packet in the queue of a socket of a type.</summary>
    public static UnixPacket Visit(StateVisitor visitor, UnixPacket? packet, SocketType type)
    {
        var sender = visitor.Need("sender", packet?.Sender);
        var data = visitor.Bytes("data", packet?.Data, type == SocketType.Stream ? PacketMemory.MostStream : Socket.MostDatagram) ?? [];
        int consumed = visitor.Int("consumed", packet?.Consumed ?? 0, 0, type == SocketType.Stream ? data.Length : 0);
        int charge = visitor.Charge(packet?.Charge ?? 0, data.Length);
        var files = visitor.List<OpenFile>("files", packet?.Files ?? [], MostFiles, static (v, file) => v.Held("file", file) ?? throw v.Broken("what is in flight is an open file"));
        var credentials = visitor.Identity("credentials", packet?.Credentials ?? PeerIdentity.None);
        var from = visitor.Bytes("from", packet?.From, UnixSocket.LongestName) ?? [];
        var arrived = visitor.Time("arrived", packet?.Arrived ?? default);
        if (packet != null) return packet;
        visitor.Require(type != SocketType.Stream || consumed < data.Length || data.Length == 1, "a packet of a stream has bytes left, or is the mark of an urgent one");
        return new UnixPacket
        {
            Sender = sender,
            Data = data,
            Consumed = consumed,
            Charge = charge,
            Files = files.Count > 0 ? [.. files] : null,
            Credentials = credentials,
            From = from,
            Arrived = arrived,
        };
    }
}

/// <content>State.</content>
internal sealed partial class UnixCollector
{
    /// <summary>True when a collection was asked for and has not been done.</summary>
    public bool IsDue
    {
        get => isDue;
        set => isDue = value;
    }

    /// <summary>Counts files that an image has in flight.</summary>
    public void Restore(OpenFile[] files, uint user)
    {
        bool wasDue = isDue;
        Sent(files, user);
        isDue = wasDue;
    }
}
