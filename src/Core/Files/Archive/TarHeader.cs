using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace CheckpointRestart.Core.Files;

/// <summary>What one entry of a tar file says: the ustar header with what pax and GNU headers before it replace (POSIX pax(1), tar(5)).
/// A reader has one, and fills it anew for each entry.</summary>
internal sealed class TarHeader
{
    public const int BlockSize = 512;

    byte[] nameBytes = new byte[256];
    int nameLength;
    string? name;

    /// <summary>Where the entry's own header lies, bytes.</summary>
    public long Offset { get; set; }

    /// <summary>Where its contents lie, bytes.</summary>
    public long DataOffset { get; set; }

    public char Type { get; set; }

    /// <summary>The name as it stands in the archive.</summary>
    public ReadOnlySpan<byte> NameBytes => nameBytes.AsSpan(0, nameLength);

    /// <summary>The name as guest text.</summary>
    public string Name => name ??= GuestText.FromBytes(NameBytes);

    /// <summary>Of a symbolic link the text; of a hard link the name of an entry before it.</summary>
    public string LinkName { get; set; } = "";

    /// <summary>Permission bits without the type.</summary>
    public uint Permissions { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public long Size { get; set; }

    public Timespec Modified { get; set; }

    public uint Major { get; set; }

    public uint Minor { get; set; }

    /// <summary>Extended attributes (SCHILY.xattr.*), or null.</summary>
    public SortedDictionary<string, byte[]>? Attributes { get; set; }

    /// <summary>Begins with another header block.</summary>
    public void Begin(long offset, ReadOnlySpan<byte> name)
    {
        Offset = offset;
        Attributes = null;
        SetName([], name);
    }

    /// <summary>Sets the name, with a directory in front where there is one.</summary>
    public void SetName(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> rest)
    {
        int front = directory.IsEmpty ? 0 : directory.Length + 1;
        nameLength = front + rest.Length;
        if (nameLength > nameBytes.Length) nameBytes = new byte[nameLength];
        if (front != 0)
        {
            directory.CopyTo(nameBytes);
            nameBytes[front - 1] = (byte)'/';
        }
        rest.CopyTo(nameBytes.AsSpan(front));
        name = null;
    }

    public static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    /// <summary>Both ways of counting that archivers have used: bytes without and with a sign.</summary>
    public static bool HasRightSum(ReadOnlySpan<byte> block)
    {
        if (!TryNumber(block.Slice(148, 8), out long expected)) return false;
        // Four sums of 16 bits in each word, of its even bytes and its odd ones; the field of the sum itself counts as spaces.
        const ulong EvenBytes = 0x00FF00FF00FF00FF, HighBits = 0x8080808080808080;
        ulong sums = 0;
        int negative = 0;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(block[..BlockSize]))
        {
            sums += (word & EvenBytes) + (word >> 8 & EvenBytes);
            negative += BitOperations.PopCount(word & HighBits);
        }
        long unsigned = (long)((sums & 0xFFFF) + (sums >> 16 & 0xFFFF) + (sums >> 32 & 0xFFFF) + (sums >> 48)) + 8 * ' ';
        foreach (byte own in block.Slice(148, 8))
        {
            unsigned -= own;
            negative -= own >> 7;
        }
        return expected == unsigned || expected == unsigned - 256L * negative;
    }

    /// <summary>A number in octal digits, or in binary where the first bit is set (GNU).</summary>
    public static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            bool isNegative = (field[0] & 0x40) != 0;
            var wide = field.Length > 8 ? field[^8..] : field;
            if (field.Length > 8 && field[1..^8].ContainsAnyExcept(isNegative ? (byte)0xFF : (byte)0)) return false;
            value = field.Length > 8 ? BinaryPrimitives.ReadInt64BigEndian(wide)
                : isNegative ? BinaryPrimitives.ReadInt64BigEndian(wide)
                : BinaryPrimitives.ReadInt64BigEndian(wide) & long.MaxValue;
            return field.Length <= 8 || isNegative == value < 0;
        }
        int at = 0;
        while (at < field.Length && field[at] is (byte)' ' or 0) at++;
        for (; at < field.Length && field[at] is >= (byte)'0' and <= (byte)'7'; at++)
        {
            if (value >> 60 != 0) return false;
            value = (value << 3) | (uint)(field[at] - '0');
        }
        return at == field.Length || !field[at..].ContainsAnyExcept((byte)' ', (byte)0);
    }

    public static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>Seconds with a fraction of any length, as pax has them; what is finer than a nanosecond is cut off.</summary>
    public static bool TryTime(ReadOnlySpan<byte> text, out Timespec time)
    {
        time = default;
        int dot = text.IndexOf((byte)'.');
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? default : text[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)) return false;
        if (seconds is < -(1L << 40) or > 1L << 40) return false;
        uint nanoseconds = 0;
        for (int digit = 0; digit < Math.Max(9, fraction.Length); digit++)
        {
            uint value = digit < fraction.Length ? (uint)(fraction[digit] - '0') : 0;
            if (value > 9) return false;
            if (digit < 9) nanoseconds = nanoseconds * 10 + value;
        }
        if (whole.StartsWith("-"u8) && nanoseconds != 0) (seconds, nanoseconds) = (seconds - 1, 1_000_000_000 - nanoseconds);
        time = new Timespec(seconds, nanoseconds);
        return true;
    }

    /// <summary>The records of a pax header, "length key=value\n" each; in order.</summary>
    /// <returns>False when the header is malformed.</returns>
    public static bool TryRecords(ReadOnlySpan<byte> data, List<KeyValuePair<string, byte[]>> records)
    {
        while (!data.IsEmpty)
        {
            int space = data.IndexOf((byte)' ');
            if (space is < 1 or > 10 || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)) return false;
            if (length <= space + 2 || length > data.Length || data[length - 1] != '\n') return false;
            var record = data[(space + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1) return false;
            records.Add(new(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..].ToArray()));
            data = data[length..];
        }
        return true;
    }
}
