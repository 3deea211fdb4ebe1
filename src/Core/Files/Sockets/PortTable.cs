namespace CheckpointRestart.Core.Files;

/// <summary>Who has a port: a socket, or the trace of one that has ended.</summary>
internal interface IPortUser
{
    /// <summary>The address and port.</summary>
    Endpoint Local { get; }

    /// <summary>The other end; its port is 0 without one.</summary>
    Endpoint Remote { get; }

    bool IsV6Only { get; }

    bool ReuseAddress { get; }

    bool ReusePort { get; }

    bool IsListening { get; }

    /// <summary>TCP's TIME_WAIT.</summary>
    bool IsTimeWait { get; }

    int BoundInterface { get; }

    uint Uid { get; }
}

/// <summary>A connection that has ended and whose port is not free yet (TIME_WAIT, or FIN_WAIT2 without an open file).</summary>
internal sealed partial class TimeWait : IPortUser
{
    public TimeWait(TcpSocket from, TcpState state, long expires)
    {
        Local = from.Local;
        Remote = from.Remote;
        IsV6Only = from.IsV6Only;
        ReuseAddress = from.ReuseAddress;
        ReusePort = from.ReusePort;
        BoundInterface = from.BoundInterface;
        Uid = from.Owner.Uid;
        IsV6 = from.IsV6;
        State = state;
        Expires = expires;
    }

    public Endpoint Local { get; private set; }

    public Endpoint Remote { get; private set; }

    public bool IsV6Only { get; private set; }

    public bool ReuseAddress { get; private set; }

    public bool ReusePort { get; private set; }

    public bool IsListening => false;

    public bool IsTimeWait => true;

    public int BoundInterface { get; private set; }

    public uint Uid { get; private set; }

    /// <summary>True for sockets of IPv6.</summary>
    public bool IsV6 { get; private set; }

    /// <summary>TIME_WAIT or FIN_WAIT2.</summary>
    public TcpState State { get; private set; }

    /// <summary>Monotonic nanoseconds.</summary>
    public long Expires { get; private set; }
}

/// <summary>The ports of one protocol, and who has them.</summary>
internal sealed partial class PortSpace
{
    /// <summary>net.ipv4.ip_local_port_range.</summary>
    public const int First = 32768, Last = 60999;

    static readonly List<IPortUser> Nobody = [];

    readonly Dictionary<int, List<IPortUser>> users = [];
    int nextEven = First, nextOdd = First + 1;

    /// <summary>The ports that are tried next.</summary>
    public (int ForBind, int ForConnect) Next => (nextEven, nextOdd);

    /// <summary>Who has a port, in the order in which they took it.</summary>
    public IReadOnlyList<IPortUser> this[int port] => users.GetValueOrDefault(port, Nobody);

    public void Add(IPortUser user)
    {
        if (!users.TryGetValue(user.Local.Port, out var list)) users.Add(user.Local.Port, list = []);
        list.Add(user);
    }

    public void Remove(IPortUser user)
    {
        if (!users.TryGetValue(user.Local.Port, out var list)) return;
        list.Remove(user);
        if (list.Count == 0) users.Remove(user.Local.Port);
    }

    /// <summary>Chooses a port: even ones for bind(2), odd ones for connect(2) first, as Linux; 0 when none passes.</summary>
    public int Choose(bool forBind, Func<int, bool> isFree)
    {
        for (int parity = 0; parity < 2; parity++)
        {
            ref int next = ref (parity == 0) == forBind ? ref nextEven : ref nextOdd;
            for (int tries = First; tries <= Last; tries += 2)
            {
                int port = next;
                next = next + 2 > Last ? First + (next & 1) : next + 2;
                if (isFree(port)) return port;
            }
        }
        return 0;
    }
}

/// <summary>Ports of TCP and UDP, and connections that have ended.</summary>
internal sealed partial class PortTable(Network network)
{
    /// <summary>How long TIME_WAIT lasts: TCP_TIMEWAIT_LEN, in nanoseconds.</summary>
    public const long WaitTime = 60_000_000_000;

    const int MostWaits = 8192;

    readonly LinkedList<TimeWait> waits = new();

    public PortSpace Tcp { get; } = new();

    public PortSpace Udp { get; } = new();

    public PortSpace UdpLite { get; } = new();

    /// <summary>Connections in TIME_WAIT, the oldest first.</summary>
    public IEnumerable<TimeWait> Waits
    {
        get
        {
            Expire();
            return waits;
        }
    }

    /// <summary>Keeps the port of a connection that has ended.</summary>
    public TimeWait? Keep(TcpSocket socket, TcpState state)
    {
        Expire();
        if (waits.Count >= MostWaits) return null;
        var wait = new TimeWait(socket, state, network.Monotonic() + WaitTime);
        waits.AddLast(wait);
        Tcp.Add(wait);
        return wait;
    }

    /// <summary>Frees what was kept, before its time.</summary>
    public void Free(TimeWait? wait)
    {
        if (wait == null || !waits.Remove(wait)) return;
        Tcp.Remove(wait);
    }

    /// <summary>Frees the ports whose time has come.</summary>
    public void Expire()
    {
        while (waits.First is { } first && first.Value.Expires <= network.Monotonic()) Free(first.Value);
    }

    /// <summary>True when two addresses may receive the same packets (inet_rcv_saddr_equal, with wildcards).</summary>
    public static bool Overlap(IPortUser a, IPortUser b)
    {
        UInt128 first = a.Local.Address, second = b.Local.Address;
        bool mapped = Endpoint.IsMapped(first), otherMapped = Endpoint.IsMapped(second);
        if (mapped && otherMapped) return !b.IsV6Only && (first == second || Endpoint.IsAnyAddress(first) || Endpoint.IsAnyAddress(second));
        if (first == 0 && second == 0) return true;
        if (second == 0) return !(b.IsV6Only && mapped);
        if (first == 0) return !(a.IsV6Only && otherMapped);
        return first == second;
    }

    /// <summary>True when one of those who have the port keeps TCP's <paramref name="socket"/> from it (inet_csk_bind_conflict).</summary>
    public bool TcpConflict(TcpSocket socket, bool relax)
    {
        Expire();
        foreach (var other in Tcp[socket.Local.Port])
        {
            if (ReferenceEquals(other, socket) || !SameInterface(socket, other)) continue;
            bool shares = socket.ReusePort && other.ReusePort && (other.IsTimeWait || other.Uid == socket.Uid);
            bool conflict = socket.ReuseAddress && other.ReuseAddress && !other.IsListening ? !relax && !shares : !shares;
            if (conflict && Overlap(socket, other)) return true;
        }
        return false;
    }

    /// <summary>True when one of those who have the port keeps UDP's <paramref name="socket"/> from it (udp_lib_lport_inuse).</summary>
    public static bool UdpConflict(UdpSocket socket, PortSpace space)
    {
        foreach (var other in space[socket.Local.Port])
        {
            if (ReferenceEquals(other, socket) || (socket.ReuseAddress && other.ReuseAddress) || !SameInterface(socket, other) || !Overlap(socket, other)) continue;
            if (!(socket.ReusePort && other.ReusePort && socket.Uid == other.Uid)) return true;
        }
        return false;
    }

    static bool SameInterface(IPortUser a, IPortUser b) => a.BoundInterface == 0 || b.BoundInterface == 0 || a.BoundInterface == b.BoundInterface;
}
