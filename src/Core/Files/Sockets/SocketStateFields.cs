using System.Buffers.Binary;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <summary>Values that sockets know, as fields of an image.</summary>
internal static class SocketStateFields
{
    const int AddressBytes = 16;

    /// <summary>An address of IPv6, in network order; IPv4 lies in ::ffff:0:0/96.</summary>
    public static UInt128 Address(this StateVisitor visitor, string name, UInt128 value)
    {
        var bytes = new byte[AddressBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        bytes = visitor.Bytes(name, bytes, AddressBytes);
        visitor.Require(bytes?.Length == AddressBytes, $"{name} has {AddressBytes} bytes");
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>An address with a port.</summary>
    public static Endpoint Endpoint(this StateVisitor visitor, string name, Endpoint value)
    {
        if (!visitor.BeginStructure(name, true)) return value;
        value = new(visitor.Address("address", value.Address), visitor.Int("port", value.Port, 0, 0xFFFF), visitor.Uint("scope", value.Scope));
        visitor.EndStructure();
        return value;
    }

    /// <summary>Who somebody is.</summary>
    public static PeerIdentity Identity(this StateVisitor visitor, string name, PeerIdentity value)
    {
        if (!visitor.BeginStructure(name, true)) return value;
        value = new(visitor.Int("pid", value.Pid, 0), visitor.Uint("uid", value.Uid), visitor.Uint("gid", value.Gid));
        visitor.EndStructure();
        return value;
    }

    /// <summary>What a packet of so many bytes is charged: see <see cref="PacketMemory"/>, whose figures may change within these bounds.</summary>
    public static int Charge(this StateVisitor visitor, int value, int length) => visitor.Int("charge", value, length, 2 * length + 8192);
}
