using System.Buffers.Binary;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Says, byte by byte as an image arrives, how many bytes belong to it still: so restart(2) reads from a pipe exactly to
/// the end of TAIL and keeps what it has while it waits. It looks at framing only; whether the image is valid is the reader's business.</summary>
internal sealed class ImageFraming
{
    const int HeaderSize = 8;
    const int PageEntrySize = 4 + 4096;
    const int TlsArraySize = 24;

    enum Part : byte { Header, Payload, Raw, Done }

    readonly byte[] head = new byte[HeaderSize];
    Part part;
    RecordType type;
    int have;
    long left = HeaderSize;

    /// <summary>Bytes wanted next; 0 when the image has ended, or cannot be followed any further because its framing is wrong.</summary>
    public long Wanted => part == Part.Done ? 0 : left;

    /// <summary>Takes the next bytes, at most <see cref="Wanted"/> of them.</summary>
    public void Accept(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in part == Part.Raw ? [] : bytes)
            if (have < HeaderSize) head[have++] = value;
        left -= bytes.Length;
        if (left > 0) return;
        switch (part)
        {
            case Part.Header:
                type = (RecordType)BinaryPrimitives.ReadInt16LittleEndian(head);
                short length = BinaryPrimitives.ReadInt16LittleEndian(head.AsSpan(2));
                if (length < 0) part = Part.Done;
                else Begin(Part.Payload, length);
                break;
            case Part.Payload when type == RecordType.Tail:
                part = Part.Done;
                break;
            case Part.Payload:
                Begin(Part.Raw, RawLength());
                break;
            default:
                Begin(Part.Header, HeaderSize);
                break;
        }
    }

    void Begin(Part next, long length)
    {
        part = next;
        left = length;
        have = 0;
        if (length == 0) Accept([]);
        else if (length < 0) part = Part.Done;
    }

    long RawLength() => type switch
    {
        RecordType.PageArray => PageBytes(BinaryPrimitives.ReadUInt64LittleEndian(head)),
        RecordType.MmContext => Math.Max((short)0, BinaryPrimitives.ReadInt16LittleEndian(head.AsSpan(2))) * 8L,
        RecordType.Thread => TlsArraySize,
        _ => 0,
    };

    static long PageBytes(ulong pages) => pages > uint.MaxValue ? -1 : (long)pages * PageEntrySize;
}
