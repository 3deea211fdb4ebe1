using System.Buffers.Binary;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Writes the fields of objects, one behind the other, into memory.</summary>
internal sealed class FieldWriter
{
    byte[] bytes = new byte[4096];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Number(ushort name, long value)
    {
        if (value >= 0)
        {
            Word(name, (ulong)value);
            return;
        }
        Head(name, FieldTag.S64);
        BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
    }

    /// <summary>In as few bytes as hold it.</summary>
    public void Word(ushort name, ulong value)
    {
        switch (value)
        {
            case <= byte.MaxValue:
                Head(name, FieldTag.U8);
                Room(1)[0] = (byte)value;
                break;
            case <= ushort.MaxValue:
                Head(name, FieldTag.U16);
                BinaryPrimitives.WriteUInt16LittleEndian(Room(2), (ushort)value);
                break;
            case <= uint.MaxValue:
                Head(name, FieldTag.U32);
                U32((uint)value);
                break;
            default:
                Head(name, FieldTag.U64);
                BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);
                break;
        }
    }

    public void None(ushort name) => Head(name, FieldTag.None);

    public void Bytes(ushort name, FieldTag tag, ReadOnlySpan<byte> value)
    {
        Head(name, tag);
        U32((uint)value.Length);
        value.CopyTo(Room(value.Length));
    }

    public void Reference(ushort name, uint number)
    {
        Head(name, FieldTag.Reference);
        U32(number);
    }

    public void BeginList(ushort name, int count)
    {
        Head(name, FieldTag.List);
        U32((uint)count);
    }

    public void BeginStructure(ushort name) => Head(name, FieldTag.Structure);

    /// <summary>Leaves room for a count of bytes.</summary>
    /// <returns>For <see cref="EndCount"/>.</returns>
    public int BeginCount()
    {
        U32(0);
        return Length;
    }

    public void EndCount(int start) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(start - 4), (uint)(Length - start));

    public void Pages(ushort name, IReadOnlyList<PageRun> runs)
    {
        Head(name, FieldTag.Pages);
        U32((uint)runs.Count);
        foreach (var run in runs)
        {
            U32(run.First);
            U32(run.Count);
            U32(run.Page);
            U32(run.State);
        }
    }

    void Head(ushort name, FieldTag tag)
    {
        var room = Room(3);
        BinaryPrimitives.WriteUInt16LittleEndian(room, name);
        room[2] = (byte)tag;
    }

    void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);

    Span<byte> Room(int count)
    {
        if (bytes.Length - Length < count) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + count));
        var room = bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }
}
