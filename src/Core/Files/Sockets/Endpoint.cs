using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>An internet address and port. IPv4 is kept as IPv6 has it inside ::ffff:0:0/96, so that both families compare.</summary>
internal readonly record struct Endpoint(UInt128 Address, int Port, uint Scope = 0)
{
    const int ShortLength = 16, LongLength = 28, LeastLong = 24;

    static readonly UInt128 Mapped = (UInt128)0xFFFF << 32;

    /// <summary>0.0.0.0.</summary>
    public static UInt128 AnyV4 => Mapped;

    /// <summary>127.0.0.1.</summary>
    public static UInt128 LoopbackV4 => V4(0x7F000001);

    /// <summary>::1.</summary>
    public static UInt128 Loopback6 => UInt128.One;

    /// <summary>An IPv4 address in host order.</summary>
    public static UInt128 V4(uint address) => Mapped | address;

    public bool IsV4 => IsMapped(Address);

    public static bool IsMapped(UInt128 address) => address >> 32 == 0xFFFF;

    /// <summary>The IPv4 address in host order.</summary>
    public uint Short => (uint)Address;

    /// <summary>0.0.0.0 or ::.</summary>
    public bool IsAny => IsAnyAddress(Address);

    public static bool IsAnyAddress(UInt128 address) => address == 0 || address == Mapped;

    /// <summary>127.0.0.0/8 without its broadcast address, or ::1.</summary>
    public bool IsLocal => IsV4 ? Short >> 24 == 127 && !IsBroadcast : Address == Loopback6;

    /// <summary>224.0.0.0/4 or ff00::/8.</summary>
    public bool IsMulticast => IsV4 ? Short >> 28 == 14 : Address >> 120 == 0xFF;

    /// <summary>255.255.255.255, or that of lo.</summary>
    public bool IsBroadcast => IsV4 && Short is uint.MaxValue or 0x7FFFFFFF;

    /// <summary>Reads a sockaddr of a family; the family itself was looked at.</summary>
    public static Errno Read(ReadOnlySpan<byte> from, bool isLong, out Endpoint endpoint)
    {
        endpoint = default;
        if (from.Length < (isLong ? LeastLong : ShortLength)) return Errno.EINVAL;
        int port = BinaryPrimitives.ReadUInt16BigEndian(from[2..]);
        if (isLong) endpoint = new(BinaryPrimitives.ReadUInt128BigEndian(from[8..]), port, from.Length >= LongLength ? BinaryPrimitives.ReadUInt32LittleEndian(from[24..]) : 0);
        else endpoint = new(V4(BinaryPrimitives.ReadUInt32BigEndian(from[4..])), port);
        return Errno.None;
    }

    /// <summary>A sockaddr_in or sockaddr_in6.</summary>
    public byte[] Write(bool isLong)
    {
        var bytes = new byte[isLong ? LongLength : ShortLength];
        bytes[0] = (byte)(isLong ? Families.Internet6 : Families.Internet);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)Port);
        if (isLong)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(8), Address);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), Scope);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), Short);
        }
        return bytes;
    }
}
