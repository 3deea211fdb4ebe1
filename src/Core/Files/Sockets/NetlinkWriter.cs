using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>Builds one message of netlink(7): a header of 16 bytes, a fixed part, and attributes that are padded to 4 bytes.</summary>
internal sealed class NetlinkWriter
{
    readonly List<byte> bytes = new(256);

    public NetlinkWriter(int type, int flags, uint sequence, uint port, ReadOnlySpan<byte> fixedPart)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteInt16LittleEndian(header[4..], (short)type);
        BinaryPrimitives.WriteInt16LittleEndian(header[6..], (short)flags);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], port);
        bytes.AddRange(header);
        bytes.AddRange(fixedPart);
        Pad();
    }

    /// <summary>An attribute with bytes.</summary>
    public NetlinkWriter Add(int type, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[4];
        BinaryPrimitives.WriteInt16LittleEndian(header, (short)(4 + value.Length));
        BinaryPrimitives.WriteInt16LittleEndian(header[2..], (short)type);
        bytes.AddRange(header);
        bytes.AddRange(value);
        Pad();
        return this;
    }

    /// <summary>An attribute with a number of 4 bytes.</summary>
    public NetlinkWriter Add(int type, uint value)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        return Add(type, number);
    }

    /// <summary>The message, its length filled in.</summary>
    public byte[] Finish()
    {
        var message = bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        return message;
    }

    void Pad()
    {
        while (bytes.Count % 4 != 0) bytes.Add(0);
    }
}
