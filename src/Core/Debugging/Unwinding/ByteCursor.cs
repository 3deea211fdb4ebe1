using System.Buffers.Binary;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>Reads DWARF's numbers. The bytes are untrusted: whatever lies beyond them reads as 0, and <see cref="IsBad"/> says so from then on.</summary>
ref struct ByteCursor(ReadOnlySpan<byte> bytes, int position = 0)
{
    readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Where it is.</summary>
    public int Position { get; private set; } = position;

    /// <summary>Something was not there.</summary>
    public bool IsBad { get; private set; }

    /// <summary>True when nothing is left, or something was not there.</summary>
    public readonly bool IsAtEnd => IsBad || Position >= bytes.Length;

    /// <summary>Bytes that are left.</summary>
    public readonly int Left => IsBad ? 0 : bytes.Length - Position;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public ushort Half() => Take(2) is { Length: 2 } value ? BinaryPrimitives.ReadUInt16LittleEndian(value) : (ushort)0;

    public uint Word() => Take(4) is { Length: 4 } value ? BinaryPrimitives.ReadUInt32LittleEndian(value) : 0;

    public ulong Long() => Take(8) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;

    /// <summary>LEB128 without sign; what exceeds 64 bits is cut.</summary>
    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = Byte();
            if (shift < 64) value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    /// <summary>LEB128 with sign.</summary>
    public long Signed()
    {
        long value = 0;
        for (int shift = 0; ;)
        {
            byte part = Byte();
            if (shift < 64) value |= (long)(part & 0x7F) << shift;
            shift += 7;
            if (part >= 0x80) continue;
            return shift < 64 && (part & 0x40) != 0 ? value | -1L << shift : value;
        }
    }

    /// <summary>Bytes up to a NUL, which is taken, too.</summary>
    public ReadOnlySpan<byte> Text()
    {
        var rest = IsBad ? [] : bytes[Position..];
        int end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            IsBad = true;
            return [];
        }
        Position += end + 1;
        return rest[..end];
    }

    /// <summary>So many bytes; none when they are not there.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (IsBad || count < 0 || count > bytes.Length - Position)
        {
            IsBad = true;
            return [];
        }
        var taken = bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    /// <summary>Goes to a place.</summary>
    public void Seek(long position)
    {
        if (position < 0 || position > bytes.Length) IsBad = true;
        else Position = (int)position;
    }
}
