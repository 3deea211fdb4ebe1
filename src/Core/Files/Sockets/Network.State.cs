using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: the numbers that come next, who has which port, and all sockets. Abstract names are told by those who have them.</content>
internal sealed partial class Network : IStateObject
{
    const int MostSockets = 1 << 22;

    readonly HashSet<ulong> restoredNumbers = [];
    readonly HashSet<uint> restoredPorts = [];

    /// <summary>Reading: bytes in the queues that were found.</summary>
    internal long RestoredBuffered { get; set; }

    string IStateObject.StateKind => "network";

    void IStateObject.Visit(StateVisitor visitor)
    {
        NextSocket = (ulong)visitor.Number("next-socket", (long)NextSocket, 1);
        FileSystem.NextInode = visitor.Word("next-inode", FileSystem.NextInode);
        NextAutobind = visitor.Uint("next-autobind", NextAutobind);
        MostBacklog = visitor.Int("somaxconn", MostBacklog, 0);
        UnixDatagrams = visitor.Int("max-dgram-qlen", UnixDatagrams, 0);
        UnprivilegedPorts = visitor.Int("unprivileged-port-start", UnprivilegedPorts, 0);
        Buffered = visitor.Number("buffered", Buffered, 0);
        Collector.IsDue = visitor.Flag("collection-due", Collector.IsDue);
        var read = visitor.Refs("sockets", Sockets, MostSockets);
        Ports.Visit(visitor);
        if (!visitor.IsReading) return;
        visitor.Later(0, () =>
        {
            foreach (var socket in read) visitor.Require(socket.File != null && Sockets.Add(socket), "a socket that is listed has an open file, and is listed once");
        });
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(RestoredBuffered == Buffered, $"as many bytes are buffered as queues hold, {RestoredBuffered} and not {Buffered}");
            RestoredBuffered = 0;
            restoredNumbers.Clear();
            restoredNumbers.TrimExcess();
        });
    }

    /// <summary>Reading: a socket was found.</summary>
    internal void AddRestored(StateVisitor visitor, Socket socket) => visitor.Require(restoredNumbers.Add(socket.Number), "sockets have different numbers");

    /// <summary>Reading: a bound socket of netlink was found; false when its port is another's.</summary>
    internal bool TakeRestoredPort(uint port) => restoredPorts.Add(port);

    /// <summary>True for a socket of the list.</summary>
    internal bool IsListed(Socket socket) => Sockets.TryGetValue(socket, out var listed) && ReferenceEquals(listed, socket);
}

/// <content>State.</content>
internal sealed partial class TimeWait : IStateObject
{
    TimeWait()
    {
    }

    string IStateObject.StateKind => "time-wait";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Local = visitor.Endpoint("local", Local);
        Remote = visitor.Endpoint("remote", Remote);
        IsV6 = visitor.Flag("v6", IsV6);
        visitor.Require(IsV6 || (Local.IsV4 && Remote.IsV4), "a socket of IPv4 has its addresses");
        IsV6Only = visitor.Flag("v6-only", IsV6Only);
        ReuseAddress = visitor.Flag("reuse-address", ReuseAddress);
        ReusePort = visitor.Flag("reuse-port", ReusePort);
        BoundInterface = visitor.Int("interface", BoundInterface, 0, Network.Loopback);
        Uid = visitor.Uint("uid", Uid);
        State = visitor.Enum("state", State);
        visitor.Require(State is TcpState.TimeWait or TcpState.FinWait2, "a connection that has ended is in TIME_WAIT or FIN_WAIT2");
        Expires = visitor.Number("expires", Expires);
    }

    internal static TimeWait Create() => new();
}

/// <content>State.</content>
internal sealed partial class PortTable
{
    public void Visit(StateVisitor visitor)
    {
        Tcp.Visit(visitor, "tcp-ports", isTcp: true);
        Udp.Visit(visitor, "udp-ports", isTcp: false);
        UdpLite.Visit(visitor, "udplite-ports", isTcp: false);
        // As it is: whose time has come is freed when somebody asks, which nobody does here.
        var read = visitor.Refs("time-waits", waits, MostWaits);
        if (!visitor.IsReading) return;
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            var kept = new HashSet<object>(Tcp.Users.OfType<TimeWait>(), ReferenceEqualityComparer.Instance);
            long latest = network.Monotonic() + WaitTime, before = long.MinValue;
            foreach (var wait in read)
            {
                visitor.Require(kept.Remove(wait), "a connection that has ended keeps its port");
                visitor.Require(wait.Expires >= before && wait.Expires <= latest, "connections that have ended are forgotten in the order in which they did");
                before = wait.Expires;
                waits.AddLast(wait);
            }
            visitor.Require(kept.Count == 0, "a port that an ended connection keeps is freed some time");
        });
    }
}

/// <content>State: in the order in which they took it, which decides who gets a packet.</content>
internal sealed partial class PortSpace
{
    const int MostUsers = 1 << 22;

    /// <summary>All who have a port, by port.</summary>
    public IEnumerable<IPortUser> Users => users.OrderBy(static pair => pair.Key).SelectMany(static pair => pair.Value);

    public void Visit(StateVisitor visitor, string name, bool isTcp)
    {
        if (!visitor.BeginStructure(name, true)) return;
        nextEven = visitor.Int("next-even", nextEven, First, Last);
        nextOdd = visitor.Int("next-odd", nextOdd, First, Last);
        visitor.Require(nextEven % 2 == 0 && nextOdd % 2 == 1, "the ports that come next are an even and an odd one");
        var read = visitor.Refs("users", Users.ToList(), MostUsers);
        visitor.EndStructure();
        if (!visitor.IsReading) return;
        visitor.Later(0, () =>
        {
            var waiting = new HashSet<object>(ReferenceEqualityComparer.Instance);
            foreach (var user in read)
            {
                if (user is InternetSocket socket) socket.HasRestoredPort(visitor, this);
                else visitor.Require(isTcp && waiting.Add(user) && user.Local.Port != 0, "an ended connection keeps one port, of TCP");
                Add(user);
            }
        });
    }
}
