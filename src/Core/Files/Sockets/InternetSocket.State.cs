using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: addresses and options. Who has a port is told by the table of ports.</content>
internal abstract partial class InternetSocket
{
    private protected void VisitInternet(StateVisitor visitor)
    {
        VisitSocket(visitor);
        Local = visitor.Endpoint("local", Local);
        Remote = visitor.Endpoint("remote", Remote);
        visitor.Require(IsV6 || (Local.IsV4 && Remote.IsV4), "a socket of IPv4 has its addresses");
        IsV6Only = visitor.Flag("v6-only", IsV6Only);
        visitor.Require(IsV6 || !IsV6Only, "only a socket of IPv6 keeps IPv4 out");
        HasFixedAddress = visitor.Flag("fixed-address", HasFixedAddress);
        HasFixedPort = visitor.Flag("fixed-port", HasFixedPort);
        var members = visitor.List<UInt128>("groups", groups, MostGroups, static (v, group) => v.Address("address", group));
        if (visitor.IsReading)
        {
            visitor.Require(members.Distinct().Count() == members.Count, "a group is joined once");
            groups.AddRange(members);
        }
        VisitIp(visitor);
        VisitIp6(visitor);
    }

    void VisitIp(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("ip", true)) return;
        tos = visitor.Int("tos", tos, 0, 255);
        ttl = visitor.Int("ttl", ttl, -1, 255);
        multicastTtl = visitor.Int("multicast-ttl", multicastTtl, -1, 255);
        multicastLoop = visitor.Int("multicast-loop", multicastLoop, 0, 1);
        multicastInterface = visitor.Int("multicast-interface", multicastInterface, 0, Network.Loopback);
        multicastAddress = visitor.Uint("multicast-address", multicastAddress);
        mtuDiscovery = visitor.Int("mtu-discovery", mtuDiscovery, 0, 5);
        VisitFlags(visitor, flags);
        visitor.EndStructure();
    }

    void VisitIp6(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("ip6", true)) return;
        hops = visitor.Int("hops", hops, -1, 255);
        multicastHops = visitor.Int("multicast-hops", multicastHops, -1, 255);
        multicastLoop6 = visitor.Int("multicast-loop", multicastLoop6, 0, 1);
        multicastInterface6 = visitor.Int("multicast-interface", multicastInterface6, 0, Network.Loopback);
        trafficClass = visitor.Int("traffic-class", trafficClass, 0, 255);
        mtuDiscovery6 = visitor.Int("mtu-discovery", mtuDiscovery6, 0, 5);
        VisitFlags(visitor, flags6);
        visitor.EndStructure();
    }

    /// <summary>Options that are not 0, by their number.</summary>
    static void VisitFlags(StateVisitor visitor, byte[] flags)
    {
        var set = visitor.List<(int Option, int Value)>("options", [.. flags.Index().Where(static pair => pair.Item != 0).Select(static pair => (pair.Index, (int)pair.Item))], flags.Length,
            (v, one) => (v.Int("option", one.Option, 0, flags.Length - 1), v.Int("value", one.Value, 0, 255)));
        if (!visitor.IsReading) return;
        foreach (var (option, value) in set) flags[option] = (byte)value;
    }

    /// <summary>Reading: the table of ports has the socket.</summary>
    internal void HasRestoredPort(StateVisitor visitor, PortSpace space)
    {
        visitor.Require(ReferenceEquals(Space, space), "a port is of its socket's protocol");
        visitor.Require(!HasPort && !IsDead && Local.Port != 0, "who has a port is alive, and has one");
        HasPort = true;
    }
}
