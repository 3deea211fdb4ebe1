using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Files;

/// <content>Options of the levels IPPROTO_IP and IPPROTO_IPV6 (ip(7), ipv6(7)).</content>
internal abstract partial class InternetSocket
{
    const int MostGroups = 64;

    readonly List<UInt128> groups = [];
    readonly byte[] flags = new byte[256];
    readonly byte[] flags6 = new byte[256];
    int tos, ttl = -1, multicastTtl = 1, multicastLoop = 1, mtuDiscovery = 1;
    int hops = -1, multicastHops = -1, multicastLoop6 = 1, trafficClass, mtuDiscovery6 = 1;
    int multicastInterface, multicastInterface6;
    uint multicastAddress;

    int Ttl => ttl < 0 ? 64 : ttl;

    /// <summary>IP_FREEBIND or IP_TRANSPARENT: any address may be bound.</summary>
    protected bool IsFree => flags[Ip.FreeBind] != 0 || flags[Ip.Transparent] != 0;

    /// <summary>IP_RECVERR or IPV6_RECVERR: errors are told also when not connected.</summary>
    protected bool RecvErrors => flags[Ip.ReceiveErrors] != 0 || flags6[Ip6.ReceiveErrors] != 0;

    /// <summary>True when multicast and broadcast go out of lo, which they do not by themselves.</summary>
    protected bool SendsToLoopback =>
        BoundInterface == Network.Loopback || multicastInterface == Network.Loopback || multicastInterface6 == Network.Loopback || multicastAddress >> 24 == 127;

    static class Ip
    {
        public const int Tos = 1, Ttl = 2, HeaderIncluded = 3, Options = 4, RouterAlert = 5, ReceiveOptions = 6, ReturnOptions = 7, PacketInfo = 8, MtuDiscover = 10, ReceiveErrors = 11,
            ReceiveTtl = 12, ReceiveTos = 13, Mtu = 14, FreeBind = 15, Transparent = 19, OriginalDestination = 20, MinimumTtl = 21, NoDefrag = 22, CheckSum = 23,
            BindNoPort = 24, FragmentSize = 25, MulticastInterface = 32, MulticastTtl = 33, MulticastLoop = 34, AddMembership = 35, DropMembership = 36, UnblockSource = 37,
            BlockSource = 38, AddSource = 39, DropSource = 40, JoinGroup = 42, LeaveGroup = 45, MulticastAll = 49, UnicastInterface = 50;
    }

    static class Ip6
    {
        public const int UnicastHops = 16, MulticastInterface = 17, MulticastHops = 18, MulticastLoop = 19, JoinGroup = 20, LeaveGroup = 21, RouterAlert = 22, MtuDiscover = 23,
            Mtu = 24, ReceiveErrors = 25, V6Only = 26, JoinAnycast = 27, LeaveAnycast = 28, MulticastAll = 29, FlowLabelManager = 32, FlowInfoSend = 33, McastJoin = 42, McastLeave = 45, ReceivePacketInfo = 49,
            PacketInfo = 50, ReceiveHopLimit = 51, HopLimit = 52, ReceiveHopOptions = 53, ReceiveRoutingHeader = 56, ReceiveDestinationOptions = 58, ReceivePathMtu = 60, DontFragment = 62,
            ReceiveTrafficClass = 66, TrafficClass = 67, AutoFlowLabel = 70, AddressPreferences = 72, MinimumHops = 73, OriginalDestination = 74, Transparent = 75, UnicastInterface = 76, FreeBind = 78;
    }

    /// <summary>What a connection takes over from the socket that listens.</summary>
    protected void CopyInternetOptions(InternetSocket from)
    {
        from.flags.CopyTo(flags, 0);
        from.flags6.CopyTo(flags6, 0);
        (tos, ttl, hops, trafficClass, mtuDiscovery, mtuDiscovery6) = (from.tos, from.ttl, from.hops, from.trafficClass, from.mtuDiscovery, from.mtuDiscovery6);
        IsV6Only = from.IsV6Only;
    }

    /// <summary>True for a member of a group.</summary>
    protected bool IsMember(UInt128 group) => groups.Contains(group);

    protected void LeaveGroups() => groups.Clear();

    /// <inheritdoc/>
    public override Errno SetOption(int level, int option, ReadOnlySpan<byte> value, SocketCaller caller) => level switch
    {
        Levels.Ip => SetIp(option, value, caller),
        Levels.Ip6 => IsV6 ? SetIp6(option, value, caller) : Errno.ENOPROTOOPT,
        _ => base.SetOption(level, option, value, caller),
    };

    /// <inheritdoc/>
    public override IoResult GetOption(int level, int option, Span<byte> value) => level switch
    {
        Levels.Ip => GetIp(option, value),
        Levels.Ip6 when IsV6 => GetIp6(option, value),
        Levels.Socket => base.GetOption(level, option, value),
        _ => IsV6 ? Errno.ENOPROTOOPT : Errno.EOPNOTSUPP,
    };

    Errno SetIp(int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        int number = value.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(value) : value.Length >= 1 ? value[0] : 0;
        switch (option)
        {
            case Ip.Tos:
                // A stream's two lowest bits belong to congestion control.
                tos = IsStream ? (number & 0xFC) | (tos & 3) : number & 0xFF;
                return Errno.None;
            case Ip.Ttl:
                if (value.IsEmpty || (number != -1 && number is < 1 or > 255)) return Errno.EINVAL;
                ttl = number;
                return Errno.None;
            case Ip.ReceiveOptions or Ip.ReturnOptions or Ip.PacketInfo or Ip.ReceiveErrors or Ip.ReceiveTtl or Ip.ReceiveTos or Ip.OriginalDestination or Ip.NoDefrag
                or Ip.CheckSum or Ip.FragmentSize or Ip.BindNoPort:
                flags[option] = (byte)(number != 0 ? 1 : 0);
                return Errno.None;
            case Ip.FreeBind:
                if (value.IsEmpty) return Errno.EINVAL;
                flags[option] = (byte)(number != 0 ? 1 : 0);
                return Errno.None;
            case Ip.Transparent:
                if (number != 0 && !caller.Has(Capability.NetworkAdministration)) return Errno.EPERM;
                if (value.IsEmpty) return Errno.EINVAL;
                flags[option] = (byte)(number != 0 ? 1 : 0);
                return Errno.None;
            case Ip.MulticastAll:
                if (value.IsEmpty || number is not (0 or 1)) return Errno.EINVAL;
                flags[option] = (byte)(1 - number);
                return Errno.None;
            case Ip.MinimumTtl:
                if (value.IsEmpty || number is < 0 or > 255) return Errno.EINVAL;
                flags[option] = (byte)number;
                return Errno.None;
            case Ip.MtuDiscover:
                if (number is < 0 or > 5) return Errno.EINVAL;
                mtuDiscovery = number;
                return Errno.None;
            case Ip.HeaderIncluded: return Errno.ENOPROTOOPT;
            case Ip.Options: return value.Length > 40 ? Errno.EINVAL : Errno.None;
            case Ip.MulticastTtl:
                if (IsStream || value.IsEmpty || number is < -1 or > 255) return Errno.EINVAL;
                multicastTtl = number;
                return Errno.None;
            case Ip.MulticastLoop:
                if (value.IsEmpty) return Errno.EINVAL;
                multicastLoop = number != 0 ? 1 : 0;
                return Errno.None;
            case Ip.MulticastInterface: return IsStream ? Errno.EINVAL : SetMulticastInterface(value);
            case Ip.AddMembership or Ip.DropMembership: return ChangeMembership(value, join: option == Ip.AddMembership);
            case Ip.JoinGroup or Ip.LeaveGroup: return ChangeGroup(value, option == Ip.JoinGroup);
            case Ip.UnicastInterface: return number is 0 or Network.Loopback << 24 ? Errno.None : Errno.EADDRNOTAVAIL;
            default: return Errno.ENOPROTOOPT;
        }
    }

    Errno SetMulticastInterface(ReadOnlySpan<byte> value)
    {
        if (value.Length < 4) return Errno.EINVAL;
        uint address = BinaryPrimitives.ReadUInt32BigEndian(value.Length >= 12 ? value[4..] : value);
        int index = value.Length >= 12 ? BinaryPrimitives.ReadInt32LittleEndian(value[8..]) : 0;
        if (index == 0 && address != 0 && address >> 24 != 127) return Errno.EADDRNOTAVAIL;
        if (index is not (0 or Network.Loopback)) return Errno.EADDRNOTAVAIL;
        multicastAddress = address;
        multicastInterface = index != 0 ? index : address >> 24 == 127 ? Network.Loopback : 0;
        return Errno.None;
    }

    /// <summary>ip_mreq or ip_mreqn. Only lo can be joined: another interface, or none that leads there, is not there.</summary>
    Errno ChangeMembership(ReadOnlySpan<byte> value, bool join)
    {
        if (IsStream) return Errno.EPROTO;
        if (value.Length < 8) return Errno.EINVAL;
        uint group = BinaryPrimitives.ReadUInt32BigEndian(value), address = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
        int index = value.Length >= 12 ? BinaryPrimitives.ReadInt32LittleEndian(value[8..]) : 0;
        if (group >> 28 != 14) return join ? Errno.EINVAL : Errno.EADDRNOTAVAIL;
        if (index == 0 ? address >> 24 != 127 : index != Network.Loopback) return Errno.ENODEV;
        return Change(Endpoint.V4(group), join);
    }

    /// <summary>group_req: an index and a sockaddr at 4.</summary>
    Errno ChangeGroup(ReadOnlySpan<byte> value, bool join)
    {
        if (value.Length < 132) return Errno.EINVAL;
        int index = BinaryPrimitives.ReadInt32LittleEndian(value);
        bool isLong = BinaryPrimitives.ReadUInt16LittleEndian(value[4..]) == Families.Internet6;
        var error = Endpoint.Read(value[4..], isLong, out var group);
        if (error != Errno.None) return error;
        if (!group.IsMulticast) return Errno.EINVAL;
        return index is not (0 or Network.Loopback) ? Errno.ENODEV : Change(group.Address, join);
    }

    Errno Change(UInt128 group, bool join)
    {
        if (!join) return groups.Remove(group) ? Errno.None : Errno.EADDRNOTAVAIL;
        if (groups.Contains(group)) return Errno.EADDRINUSE;
        if (groups.Count >= MostGroups) return Errno.ENOBUFS;
        groups.Add(group);
        return Errno.None;
    }

    IoResult GetIp(int option, Span<byte> value)
    {
        switch (option)
        {
            case Ip.Tos: return Short(value, tos);
            case Ip.Ttl: return Short(value, Ttl);
            case Ip.ReceiveOptions or Ip.ReturnOptions or Ip.PacketInfo or Ip.ReceiveErrors or Ip.ReceiveTtl or Ip.ReceiveTos or Ip.OriginalDestination or Ip.NoDefrag
                or Ip.CheckSum or Ip.FragmentSize or Ip.BindNoPort or Ip.FreeBind or Ip.Transparent or Ip.MinimumTtl:
                return Short(value, flags[option]);
            case Ip.MulticastAll: return Short(value, 1 - flags[option]);
            case Ip.MtuDiscover: return Short(value, mtuDiscovery);
            case Ip.Mtu: return Remote.Port == 0 ? Errno.ENOTCONN : Short(value, 65536);
            case Ip.Options: return IoResult.From(0);
            case Ip.MulticastTtl: return Short(value, multicastTtl < 0 ? 1 : multicastTtl);
            case Ip.MulticastLoop: return Short(value, multicastLoop);
            case Ip.MulticastInterface: return Bytes(value, [(byte)(multicastAddress >> 24), (byte)(multicastAddress >> 16), (byte)(multicastAddress >> 8), (byte)multicastAddress]);
            case Ip.UnicastInterface: return Short(value, 0);
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <summary>Level IPPROTO_IP gives a small number as one byte to who has room for no more.</summary>
    static IoResult Short(Span<byte> value, int number)
    {
        if (value.Length is > 0 and < 4 && number is >= 0 and <= 255)
        {
            value[0] = (byte)number;
            return IoResult.From(1);
        }
        return Integer(value, number);
    }

    Errno SetIp6(int option, ReadOnlySpan<byte> value, SocketCaller caller)
    {
        int number = value.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(value) : 0;
        switch (option)
        {
            case Ip6.V6Only:
                if (value.Length < 4 || HasPort) return Errno.EINVAL;
                IsV6Only = number != 0;
                return Errno.None;
            case Ip6.UnicastHops:
                if (value.Length < 4 || number is < -1 or > 255) return Errno.EINVAL;
                hops = number;
                return Errno.None;
            case Ip6.MulticastHops:
                if (IsStream) return Errno.ENOPROTOOPT;
                if (value.Length < 4 || number is < -1 or > 255) return Errno.EINVAL;
                multicastHops = number == -1 ? 1 : number;
                return Errno.None;
            case Ip6.MulticastLoop:
                if (value.Length < 4 || number is not (0 or 1)) return Errno.EINVAL;
                multicastLoop6 = number;
                return Errno.None;
            case Ip6.MulticastInterface:
                if (IsStream) return Errno.ENOPROTOOPT;
                if (value.Length < 4) return Errno.EINVAL;
                if (number is not (0 or Network.Loopback)) return Errno.ENODEV;
                multicastInterface6 = number;
                return Errno.None;
            case Ip6.TrafficClass:
                if (value.Length < 4 || number is < -1 or > 255) return Errno.EINVAL;
                trafficClass = number == -1 ? 0 : IsStream ? (number & 0xFC) | (trafficClass & 3) : number;
                return Errno.None;
            case Ip6.MtuDiscover:
                if (value.Length < 4 || number is < 0 or > 5) return Errno.EINVAL;
                mtuDiscovery6 = number;
                return Errno.None;
            case Ip6.JoinGroup or Ip6.LeaveGroup:
                {
                    if (IsStream) return Errno.EPROTO;
                    if (value.Length < 20) return Errno.EINVAL;
                    var group = BinaryPrimitives.ReadUInt128BigEndian(value);
                    int index = BinaryPrimitives.ReadInt32LittleEndian(value[16..]);
                    if (group >> 120 != 0xFF) return Errno.EINVAL;
                    return index is not (0 or Network.Loopback) ? Errno.ENODEV : Change(group, option == Ip6.JoinGroup);
                }
            case Ip6.McastJoin or Ip6.McastLeave: return ChangeGroup(value, option == Ip6.McastJoin);
            case Ip6.Transparent:
                if (number != 0 && !caller.Has(Capability.NetworkAdministration)) return Errno.EPERM;
                flags6[option] = (byte)(number != 0 ? 1 : 0);
                return Errno.None;
            case Ip6.ReceivePacketInfo or Ip6.ReceiveHopLimit or Ip6.ReceiveTrafficClass or Ip6.ReceiveErrors or Ip6.ReceiveHopOptions or Ip6.ReceiveRoutingHeader
                or Ip6.ReceiveDestinationOptions or Ip6.ReceivePathMtu or Ip6.DontFragment or Ip6.AutoFlowLabel or Ip6.FlowInfoSend or Ip6.FreeBind or Ip6.OriginalDestination:
                if (value.Length < 4) return Errno.EINVAL;
                flags6[option] = (byte)(number != 0 ? 1 : 0);
                if (option == Ip6.FreeBind) flags[Ip.FreeBind] = flags6[option];
                return Errno.None;
            case Ip6.MulticastAll:
                if (value.Length < 4) return Errno.EINVAL;
                flags6[option] = (byte)(number != 0 ? 0 : 1);
                return Errno.None;
            case Ip6.AddressPreferences or Ip6.MinimumHops or Ip6.UnicastInterface or Ip6.PacketInfo or Ip6.Mtu: return value.Length < 4 ? Errno.EINVAL : Errno.None;
            default: return Errno.ENOPROTOOPT;
        }
    }

    IoResult GetIp6(int option, Span<byte> value)
    {
        switch (option)
        {
            case Ip6.V6Only: return Integer(value, IsV6Only);
            case Ip6.UnicastHops: return Integer(value, hops < 0 ? 64 : hops);
            case Ip6.MulticastHops: return Integer(value, multicastHops < 0 ? 1 : multicastHops);
            case Ip6.MulticastLoop: return Integer(value, multicastLoop6);
            case Ip6.MulticastInterface: return Integer(value, multicastInterface6);
            case Ip6.MulticastAll: return Integer(value, 1 - flags6[option]);
            case Ip6.TrafficClass: return Integer(value, trafficClass);
            case Ip6.MtuDiscover: return Integer(value, mtuDiscovery6);
            case Ip6.Mtu: return Remote.Port == 0 ? Errno.ENOTCONN : Integer(value, 65536);
            case Ip6.ReceivePacketInfo or Ip6.ReceiveHopLimit or Ip6.ReceiveTrafficClass or Ip6.ReceiveErrors or Ip6.ReceiveHopOptions or Ip6.ReceiveRoutingHeader
                or Ip6.ReceiveDestinationOptions or Ip6.ReceivePathMtu or Ip6.DontFragment or Ip6.FlowInfoSend or Ip6.FreeBind or Ip6.OriginalDestination or Ip6.Transparent:
                return Integer(value, flags6[option]);
            case Ip6.AutoFlowLabel: return Integer(value, 1);
            case Ip6.AddressPreferences or Ip6.MinimumHops or Ip6.UnicastInterface: return Integer(value, 0);
            default: return Errno.ENOPROTOOPT;
        }
    }

    /// <summary>What the options ask to be told of a datagram.</summary>
    protected void AddPacketControl(ref IncomingMessage message, UdpPacket packet)
    {
        if (flags[Ip.PacketInfo] != 0 && packet.To.IsV4)
        {
            var info = new byte[12];
            BinaryPrimitives.WriteInt32LittleEndian(info, Network.Loopback);
            BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(4), packet.To.IsMulticast || packet.To.IsBroadcast ? 0x7F000001 : packet.To.Short);
            BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(8), packet.To.Short);
            message.AddControl(Levels.Ip, Ip.PacketInfo, info);
        }
        if (packet.To.IsV4)
        {
            if (flags[Ip.ReceiveTtl] != 0) message.AddControl(Levels.Ip, Ip.Ttl, MemoryMarshal.AsBytes<int>([packet.Ttl]).ToArray());
            if (flags[Ip.ReceiveTos] != 0) message.AddControl(Levels.Ip, Ip.Tos, [packet.Tos]);
        }
        if (flags6[Ip6.ReceivePacketInfo] != 0)
        {
            var info = new byte[20];
            BinaryPrimitives.WriteUInt128BigEndian(info, packet.To.Address);
            BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(16), Network.Loopback);
            message.AddControl(Levels.Ip6, Ip6.PacketInfo, info);
        }
        if (packet.To.IsV4) return;
        if (flags6[Ip6.ReceiveHopLimit] != 0) message.AddControl(Levels.Ip6, Ip6.HopLimit, MemoryMarshal.AsBytes<int>([packet.Ttl]).ToArray());
        if (flags6[Ip6.ReceiveTrafficClass] != 0) message.AddControl(Levels.Ip6, Ip6.TrafficClass, MemoryMarshal.AsBytes<int>([packet.Tos]).ToArray());
    }

    /// <summary>Takes one control message of sendmsg(2). EINVAL for a bad or an unknown one.</summary>
    public Errno ReadControl(int level, int type, ReadOnlySpan<byte> data, ref OutgoingMessage message)
    {
        int number = data.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(data) : data.Length >= 1 ? data[0] : 0;
        switch (level, type)
        {
            case (Levels.Ip, Ip.PacketInfo):
                return data.Length < 12 ? Errno.EINVAL : SetSource(Endpoint.V4(BinaryPrimitives.ReadUInt32BigEndian(data[4..])), number, ref message);
            case (Levels.Ip6, Ip6.PacketInfo):
                if (!IsV6 || data.Length < 20) return Errno.EINVAL;
                return SetSource(BinaryPrimitives.ReadUInt128BigEndian(data), BinaryPrimitives.ReadInt32LittleEndian(data[16..]), ref message);
            case (Levels.Ip, Ip.Ttl):
                if (data.Length != 4 || number is < 1 or > 255) return Errno.EINVAL;
                message.Ttl = number;
                return Errno.None;
            case (Levels.Ip, Ip.Tos):
                if (data.Length is not (1 or 4) || number is < 0 or > 255) return Errno.EINVAL;
                message.Tos = number;
                return Errno.None;
            case (Levels.Ip6, Ip6.HopLimit):
                if (!IsV6 || data.Length != 4 || number is < -1 or > 255) return Errno.EINVAL;
                if (number >= 0) message.Ttl = number;
                return Errno.None;
            case (Levels.Ip6, Ip6.TrafficClass):
                if (!IsV6 || data.Length != 4 || number is < -1 or > 255) return Errno.EINVAL;
                message.Tos = Math.Max(number, 0);
                return Errno.None;
            case (Levels.Ip6, Ip6.DontFragment): return IsV6 && data.Length == 4 && number is 0 or 1 ? Errno.None : Errno.EINVAL;
            // Those of other levels are not ours to look at.
            case (not (Levels.Ip or Levels.Ip6), _): return Errno.None;
            default: return Errno.EINVAL;
        }
    }

    static Errno SetSource(UInt128 source, int index, ref OutgoingMessage message)
    {
        if (index is not (0 or Network.Loopback)) return Errno.ENODEV;
        if (Endpoint.IsAnyAddress(source)) return Errno.None;
        if (!new Endpoint(source, 0).IsLocal) return Errno.EINVAL;
        message.Source = source;
        message.HasSource = true;
        return Errno.None;
    }

    /// <summary>Type of service or traffic class of packets that leave.</summary>
    protected int TosFor(Endpoint to) => to.IsV4 ? tos : trafficClass;

    /// <summary>Time to live or hop limit of packets that leave.</summary>
    protected int TtlFor(Endpoint to)
    {
        if (to.IsMulticast) return to.IsV4 ? Math.Max(multicastTtl, 1) : multicastHops < 0 ? 1 : multicastHops;
        int chosen = to.IsV4 ? ttl : hops;
        return chosen < 0 ? 64 : chosen;
    }
}
