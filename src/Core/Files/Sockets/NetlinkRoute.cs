using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Files;

/// <summary>What NETLINK_ROUTE answers (rtnetlink(7)): one link, lo, with its addresses and routes, as Linux has them where there is nothing else.</summary>
internal static class NetlinkRoute
{
    const int NewLink = 16, GetLink = 18, NewAddress = 20, GetAddress = 22, NewRoute = 24, GetRoute = 26, GetNeighbour = 30, GetRule = 34, GetQueue = 38, GetNetConf = 82, LastRequest = 120;
    const int Error = 2, Done = 3;
    const int Multi = 2, Ack = 4, Dump = 0x300;
    const uint Forever = uint.MaxValue;

    static readonly byte[] NoHardwareAddress = new byte[6];
    static readonly byte[] LoopbackV4 = [127, 0, 0, 1];
    static readonly byte[] Loopback6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// <summary>Answers one request, a datagram of answers at a time.</summary>
    public static void Answer(ReadOnlySpan<byte> request, uint port, bool isPrivileged, Action<byte[]> give)
    {
        int type = BinaryPrimitives.ReadUInt16LittleEndian(request[4..]), flags = BinaryPrimitives.ReadUInt16LittleEndian(request[6..]);
        uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(request[8..]);
        // Control messages ask for nothing.
        if (type < NewLink)
        {
            if ((flags & Ack) != 0) give(Failure(request, sequence, port, Errno.None));
            return;
        }
        var body = request[16..];
        int family = body.IsEmpty ? 0 : body[0];
        if (type > LastRequest)
        {
            give(Failure(request, sequence, port, Errno.EOPNOTSUPP));
            return;
        }
        // Numbers go in fours: new, delete, get, set. Only getting needs no rights.
        if (type % 4 != 2)
        {
            give(Failure(request, sequence, port, isPrivileged ? Errno.EOPNOTSUPP : Errno.EPERM));
            return;
        }
        if ((flags & Dump) == 0)
        {
            if (type == GetLink) give(IsLoopback(body) ? Link(0, sequence, port) : Failure(request, sequence, port, Errno.ENODEV));
            else give(Failure(request, sequence, port, type == GetRoute ? Errno.ENETUNREACH : Errno.EOPNOTSUPP));
            return;
        }
        var answers = new List<byte>();
        switch (type)
        {
            case GetLink:
                answers.AddRange(Link(Multi, sequence, port));
                break;
            case GetAddress:
                if (family is Families.Unspecified or Families.Internet) answers.AddRange(Address(Families.Internet, 8, LoopbackV4, sequence, port));
                if (family is Families.Unspecified or Families.Internet6) answers.AddRange(Address(Families.Internet6, 128, Loopback6, sequence, port));
                break;
            case GetRoute:
                if (family is Families.Unspecified or Families.Internet) AddRoutes(answers, sequence, port);
                if (family is Families.Unspecified or Families.Internet6) AddLongRoutes(answers, sequence, port);
                break;
            case GetNeighbour or GetRule or GetQueue or GetNetConf: break;
            default:
                give(Failure(request, sequence, port, Errno.EOPNOTSUPP));
                return;
        }
        if (answers.Count > 0) give([.. answers]);
        give(new NetlinkWriter(Done, Multi, sequence, port, [0, 0, 0, 0]).Finish());
    }

    /// <summary>True when a RTM_GETLINK names lo, by index or by name.</summary>
    static bool IsLoopback(ReadOnlySpan<byte> body)
    {
        if (body.Length < 16) return false;
        int index = BinaryPrimitives.ReadInt32LittleEndian(body[4..]);
        if (index != 0) return index == Network.Loopback;
        for (var rest = body[16..]; rest.Length >= 4;)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest), type = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            if (length < 4 || length > rest.Length) return false;
            if (type == 3) return rest[4..length].TrimEnd((byte)0).SequenceEqual("lo"u8);
            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }
        return false;
    }

    static byte[] Failure(ReadOnlySpan<byte> request, uint sequence, uint port, Errno error)
    {
        // A refusal gives the request back, an acknowledgement its header alone.
        var body = new byte[4 + (error == Errno.None ? 16 : request.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(body, -(int)error);
        request[..(body.Length - 4)].CopyTo(body.AsSpan(4));
        return new NetlinkWriter(Error, error == Errno.None ? 0x100 : 0, sequence, port, body).Finish();
    }

    static byte[] Link(int flags, uint sequence, uint port)
    {
        var info = new byte[16];
        BinaryPrimitives.WriteInt16LittleEndian(info.AsSpan(2), 772);
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(4), Network.Loopback);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(8), SocketControls.Flags | 0x10000);
        return new NetlinkWriter(NewLink, flags, sequence, port, info)
            .Add(3, "lo\0"u8).Add(13, 1000).Add(16, [0]).Add(17, [0]).Add(4, SocketControls.Mtu).Add(50, 0).Add(51, 0).Add(27, 0).Add(30, 0).Add(31, 1)
            .Add(40, 65535).Add(41, 65536).Add(32, 1).Add(33, [1]).Add(6, "noqueue\0"u8).Add(35, 0).Add(47, 0).Add(48, 0).Add(39, [0])
            .Add(14, new byte[28]).Add(1, NoHardwareAddress).Add(2, NoHardwareAddress).Add(23, new byte[200]).Add(7, new byte[100]).Finish();
    }

    static byte[] Address(int family, int prefix, byte[] address, uint sequence, uint port)
    {
        const byte permanent = 0x80, host = 254;
        var writer = new NetlinkWriter(NewAddress, Multi, sequence, port, [(byte)family, (byte)prefix, permanent, host, Network.Loopback, 0, 0, 0]).Add(1, address);
        if (family == Families.Internet) writer.Add(2, address).Add(3, "lo\0"u8).Add(8, permanent);
        writer.Add(6, MemoryMarshal.AsBytes<uint>([Forever, Forever, 0, 0]));
        if (family == Families.Internet6) writer.Add(8, permanent);
        return writer.Finish();
    }

    static void AddRoutes(List<byte> answers, uint sequence, uint port)
    {
        const byte local = 255, kernel = 2, host = 254, link = 253, isLocal = 2, isBroadcast = 3;
        foreach (var (prefix, scope, type, address) in ((byte, byte, byte, byte[])[])[(8, host, isLocal, [127, 0, 0, 0]), (32, host, isLocal, LoopbackV4), (32, link, isBroadcast, [127, 255, 255, 255])])
        {
            answers.AddRange(new NetlinkWriter(NewRoute, Multi, sequence, port, [Families.Internet, prefix, 0, 0, local, kernel, scope, type, 0, 0, 0, 0])
                .Add(15, local).Add(1, address).Add(7, LoopbackV4).Add(4, Network.Loopback).Finish());
        }
    }

    static void AddLongRoutes(List<byte> answers, uint sequence, uint port)
    {
        const byte kernel = 2, main = 254, local = 255, isUnicast = 1, isLocal = 2;
        foreach (var (table, type, metric) in ((byte, byte, uint)[])[(main, isUnicast, 256), (local, isLocal, 0)])
        {
            answers.AddRange(new NetlinkWriter(NewRoute, Multi, sequence, port, [Families.Internet6, 128, 0, 0, table, kernel, 0, type, 0, 0, 0, 0])
                .Add(15, table).Add(1, Loopback6).Add(6, metric).Add(4, Network.Loopback).Add(12, new byte[32]).Add(20, [0]).Finish());
        }
    }
}
