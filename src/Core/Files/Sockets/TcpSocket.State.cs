using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: connections, whole and half-closed, those that wait to be accepted and those that were turned away, and the bytes on their way.</content>
internal sealed partial class TcpSocket : IStateObject
{
    /// <summary>After all else of an image: connections of the host's programs end.</summary>
    const int AllIsThere = OpenFile.HoldersAreThere + 1;

    const int MostPending = 1 << 20, MostInput = 2 * MostForcedBuffer;

    bool isRestoredPending, isRestoredDropped;

    /// <summary>True for the end of a connection that a program of the host holds: it has no open file. In a machine made from an image nobody holds it any
    /// more, and the guest's end sees what it sees when such a program is killed, a reset.</summary>
    public bool IsFromOutside { get; set; }

    string IStateObject.StateKind => "tcp-socket";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitInternet(visitor);
        State = visitor.Enum("state", State);
        stage = visitor.Enum("stage", stage);
        IsFromOutside = visitor.Flag("outside", IsFromOutside);
        peer = visitor.Ref("peer", peer);
        dialled = visitor.Ref("dialled", dialled);
        trace = visitor.Ref("trace", trace);
        backlog = visitor.Int("backlog", backlog, 0);
        isDone = visitor.Flag("done", isDone);
        var connections = visitor.Refs("pending", pending, MostPending);
        var turnedAway = visitor.Refs("turned-away", dropped, MostPending);
        VisitData(visitor);
        VisitTcp(visitor);
        if (!visitor.IsReading) return;
        pending.AddRange(connections);
        dropped.AddRange(turnedAway);
        foreach (var connection in connections)
        {
            visitor.Require(!connection.isRestoredPending, "a connection waits to be accepted once");
            connection.isRestoredPending = true;
        }
        foreach (var client in turnedAway)
        {
            visitor.Require(!client.isRestoredDropped, "who was turned away tries again once");
            client.isRestoredDropped = true;
        }
        visitor.Later(OpenFile.HoldersAreThere, () => Check(visitor));
        if (IsFromOutside && !IsDead) visitor.Later(AllIsThere, Abort);
    }

    void VisitData(StateVisitor visitor)
    {
        input.Visit(visitor, "input", MostInput);
        position = visitor.Number("position", position, 0, 1L << 62);
        urgent = visitor.Enum("urgent", urgent);
        urgentAt = visitor.Number("urgent-at", urgentAt, 0, position + input.Count);
        passed = (byte)visitor.Int("passed-urgent-byte", passed, 0, 255);
        if (visitor.IsReading) Network.RestoredBuffered += input.Count;
    }

    void VisitTcp(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("tcp", true)) return;
        noDelay = visitor.Int("no-delay", noDelay, 0, 1);
        cork = visitor.Int("cork", cork, 0, 1);
        segment = visitor.Int("segment", segment, 0, 32767);
        keepIdle = visitor.Int("keep-idle", keepIdle, 1, 32767);
        keepInterval = visitor.Int("keep-interval", keepInterval, 1, 32767);
        keepCount = visitor.Int("keep-count", keepCount, 1, 127);
        synCount = visitor.Int("syn-count", synCount, 1, 127);
        linger2 = visitor.Int("linger2", linger2, -1, 120);
        deferAccept = visitor.Int("defer-accept", deferAccept, 0);
        windowClamp = visitor.Int("window-clamp", windowClamp, 0);
        quickAck = visitor.Int("quick-ack", quickAck, 0, 1);
        userTimeout = visitor.Int("user-timeout", userTimeout, 0);
        fastOpen = visitor.Int("fast-open", fastOpen, 0);
        fastOpenConnect = visitor.Int("fast-open-connect", fastOpenConnect, 0, 1);
        lowWater = visitor.Int("not-sent-low-water", lowWater);
        saveSyn = visitor.Int("save-syn", saveSyn, 0, 2);
        inquiry = visitor.Int("inquiry", inquiry, 0, 1);
        hasFixedSendBuffer = visitor.Flag("fixed-send-buffer", hasFixedSendBuffer);
        congestion = visitor.Text("congestion", congestion, 15) ?? "";
        visitor.Require(congestion is "cubic" or "reno", "congestion control is cubic or reno");
        visitor.EndStructure();
    }

    void Check(StateVisitor visitor)
    {
        if (IsDead) visitor.Require(State is TcpState.FinWait2 or TcpState.Close && pending.Count + dropped.Count + input.Count == 0, "a socket that is gone waits for the other end at most");
        else visitor.Require(File != null || isRestoredPending || IsFromOutside, "a socket without an open file waits to be accepted, or is held by a program of the host");
        visitor.Require(File == null || !(isRestoredPending || IsFromOutside), "who waits to be accepted, or is held by a program of the host, has no open file");
        visitor.Require(!isRestoredPending || !(IsDead || IsFromOutside), "who waits to be accepted is alive and of the machine");
        visitor.Require(State != TcpState.Listen || (stage == Stage.Unconnected && HasPort), "who listens has a port and no connection");
        visitor.Require(State == TcpState.Listen || pending.Count + dropped.Count == 0, "who has connections that wait listens");
        foreach (var connection in pending)
            visitor.Require(connection.Family == Family && connection.State is TcpState.Established or TcpState.CloseWait or TcpState.Close, "what waits to be accepted is a connection of the listener's family");
        foreach (var client in dropped) visitor.Require(ReferenceEquals(client.dialled, this) && !client.IsDead, "who was turned away has called this listener");
        visitor.Require((dialled != null) == isRestoredDropped && (dialled == null || State == TcpState.SynSent), "who waits for an answer was turned away by whom it has called");
        visitor.Require(State != TcpState.SynSent || IsDead || dialled != null, "who waits for an answer has called somebody");
        CheckPeer(visitor);
    }

    void CheckPeer(StateVisitor visitor)
    {
        if (peer == null)
        {
            visitor.Require(IsDead || State is TcpState.Close or TcpState.SynSent or TcpState.Listen, "an open connection has another end");
            return;
        }
        visitor.Require(ReferenceEquals(peer.peer, this), "both ends of a connection know each other");
        bool isSelf = ReferenceEquals(peer, this);
        bool fits = State switch
        {
            TcpState.Established => peer.State == TcpState.Established,
            TcpState.FinWait2 => peer.State == TcpState.CloseWait,
            TcpState.CloseWait => peer.State == TcpState.FinWait2,
            TcpState.Close => isSelf,
            _ => false,
        };
        visitor.Require(fits, "the states of both ends of a connection fit");
        visitor.Require(!IsDead || State == TcpState.FinWait2, "a socket that is gone has said so to the other end");
    }

    /// <summary>Ends the connection with a reset.</summary>
    void Abort()
    {
        Linger = (true, 0);
        Close();
    }

    internal static TcpSocket Create(StateVisitor visitor, Network network) => new(network, FamilyOf(visitor, Families.Internet, Families.Internet6));
}

/// <content>State.</content>
internal sealed partial class ByteQueue
{
    public void Visit(StateVisitor visitor, string name, int most)
    {
        byte[]? bytes = null;
        if (!visitor.IsReading) CopyTo(0, bytes = new byte[Count]);
        bytes = visitor.Bytes(name, bytes, most) ?? [];
        if (visitor.IsReading) Add(bytes);
    }
}
