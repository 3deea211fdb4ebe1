using System.Text;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>ioctl(2) of sockets: how many bytes wait, and the interfaces, of which there is lo (netdevice(7)).</summary>
internal static class SocketControls
{
    const int RequestLength = 32, NameLength = 16;
    const uint Up = 1, IsLoopback = 8, Running = 0x40;

    /// <summary>Flags of lo.</summary>
    public const uint Flags = Up | IsLoopback | Running;

    /// <summary>Bytes of a packet on lo.</summary>
    public const int Mtu = 65536;

    /// <summary>One ioctl. ENOTTY for an unknown one, ENODEV for an interface that is not there.</summary>
    public static IoResult Control(Socket socket, uint request, uint argument, AddressSpace memory)
    {
        switch (request)
        {
            case 0x541B: return Count(socket.UnreadBytes, argument, memory);
            case 0x5411: return Count(socket.UnsentBytes, argument, memory);
            case 0x8905: return socket.IsAtMark is { } atMark ? Count(IoResult.From(atMark ? 1 : 0), argument, memory) : Errno.ENOTTY;
            case 0x8906 or 0x8907: return Stamp(socket, argument, memory, isNano: request == 0x8907);
            case 0x8912: return List(socket, argument, memory);
            case 0x8910: return NameOf(argument, memory);
            case 0x8B01: return Errno.EOPNOTSUPP;
            case >= 0x8913 and <= 0x8970: return OnInterface(socket, request, argument, memory);
            default: return Errno.ENOTTY;
        }
    }

    static IoResult Count(IoResult count, uint argument, AddressSpace memory) =>
        count.IsError ? count : memory.TryWrite(argument, (int)count.Value) ? Errno.None : Errno.EFAULT;

    static IoResult Stamp(Socket socket, uint argument, AddressSpace memory, bool isNano)
    {
        if (socket.Family == Families.Unix) return Errno.ENOTTY;
        var time = socket.LastArrival;
        if (time.Seconds == 0) return Errno.ENOENT;
        int fraction = isNano ? (int)time.Nanoseconds : (int)time.Nanoseconds / 1000;
        return memory.TryWrite(argument, (int)time.Seconds) && memory.TryWrite(argument + 4, fraction) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>SIOCGIFCONF: those that have an IPv4 address.</summary>
    static IoResult List(Socket socket, uint argument, AddressSpace memory)
    {
        if (!memory.TryRead(argument, out int length) || !memory.TryRead(argument + 4, out uint buffer)) return Errno.EFAULT;
        int filled = RequestLength;
        if (buffer != 0)
        {
            if (length < RequestLength)
            {
                filled = 0;
            }
            else
            {
                var bytes = new byte[RequestLength];
                "lo"u8.CopyTo(bytes);
                PutAddress(bytes, 0x7F000001);
                if (!memory.Write(buffer, bytes)) return Errno.EFAULT;
            }
        }
        return memory.TryWrite(argument, filled) ? Errno.None : Errno.EFAULT;
    }

    static IoResult NameOf(uint argument, AddressSpace memory)
    {
        if (!memory.TryRead(argument + NameLength, out int index)) return Errno.EFAULT;
        if (index != Network.Loopback) return Errno.ENODEV;
        var name = new byte[NameLength];
        "lo"u8.CopyTo(name);
        return memory.Write(argument, name) ? Errno.None : Errno.EFAULT;
    }

    static IoResult OnInterface(Socket socket, uint request, uint argument, AddressSpace memory)
    {
        var bytes = new byte[RequestLength];
        if (!memory.Read(argument, bytes)) return Errno.EFAULT;
        string name = Encoding.Latin1.GetString(bytes, 0, NameLength);
        int end = name.IndexOf('\0', StringComparison.Ordinal);
        if (end >= 0) name = name[..end];
        bool isInternet = socket.Family == Families.Internet;
        switch (request)
        {
            // lo: 0 and the like are aliases of the interface.
            case 0x8913 or 0x8915 or 0x8917 or 0x8919 or 0x891B or 0x891D or 0x8921 or 0x8927 or 0x8933 or 0x8942 or 0x8970:
                if (name.Split(':')[0] != "lo") return Errno.ENODEV;
                break;
            case 0x8914 or 0x8916 or 0x8918 or 0x891A or 0x891C or 0x8922 or 0x8924: return name.Split(':')[0] == "lo" ? Errno.EPERM : Errno.ENODEV;
            case 0x8946: return name == "lo" ? Errno.EOPNOTSUPP : Errno.ENODEV;
            default: return Errno.ENOTTY;
        }
        Array.Clear(bytes, NameLength, RequestLength - NameLength);
        var value = bytes.AsSpan(NameLength);
        switch (request)
        {
            case 0x8913: System.Buffers.Binary.BinaryPrimitives.WriteInt16LittleEndian(value, (short)Flags); break;
            case 0x8915 or 0x8917 when isInternet: PutAddress(bytes, 0x7F000001); break;
            case 0x8919 when isInternet: PutAddress(bytes, 0); break;
            case 0x891B when isInternet: PutAddress(bytes, 0xFF000000); break;
            case 0x8915 or 0x8917 or 0x8919 or 0x891B: return socket.Family == Families.Internet6 ? Errno.EINVAL : Errno.ENOTTY;
            case 0x8921: System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(value, Mtu); break;
            case 0x8927: System.Buffers.Binary.BinaryPrimitives.WriteInt16LittleEndian(value, 772); break;
            case 0x8933: System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(value, Network.Loopback); break;
            case 0x8942: System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(value, 1000); break;
        }
        return memory.Write(argument, bytes) ? Errno.None : Errno.EFAULT;
    }

    static void PutAddress(byte[] request, uint address) => new Endpoint(Endpoint.V4(address), 0).Write(isLong: false).CopyTo(request, NameLength);
}
