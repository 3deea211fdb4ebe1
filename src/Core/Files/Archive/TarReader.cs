using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <summary>Reads the headers of an uncompressed tar file, one entry after the other; contents are passed over.</summary>
internal sealed class TarReader(SafeFileHandle file, long length)
{
    const int MostPax = 1 << 20;
    const int MostName = 1 << 16;
    const string AttributePrefix = "SCHILY.xattr.";

    readonly byte[] window = new byte[8 << 10];
    readonly Dictionary<string, byte[]> global = new(StringComparer.Ordinal);
    long windowStart;
    int windowLength;
    long at;

    /// <summary>The next entry; null at the end marker.</summary>
    /// <exception cref="TarException">The archive is malformed or cut short, or has what is not supported.</exception>
    public TarHeader? Next()
    {
        byte[]? longName = null, longLink = null;
        List<KeyValuePair<string, byte[]>>? local = null;
        while (true)
        {
            long start = at;
            var block = Block(start);
            if (TarHeader.IsZero(block)) return null;
            if (!TarHeader.HasRightSum(block)) throw new TarException(start, null, "the header's checksum is wrong");
            string name = GuestText.FromBytes(TarHeader.TextOf(block[..100]));
            if (!TarHeader.TryNumber(block.Slice(124, 12), out long size) || size < 0) throw new TarException(start, name, "its size is no number");
            char type = (char)block[156];
            at += TarHeader.BlockSize;
            switch (type)
            {
                case 'L': longName = Text(start, name, size); continue;
                case 'K': longLink = Text(start, name, size); continue;
                case 'x': Records(start, name, size, local ??= []); continue;
                case 'g':
                    var shared = new List<KeyValuePair<string, byte[]>>();
                    Records(start, name, size, shared);
                    foreach (var (key, value) in shared) global[key] = value;
                    continue;
                case 'V': Skip(start, name, size); continue;
            }
            return Entry(start, type, size, name, block, longName, longLink, local);
        }
    }

    TarHeader Entry(long start, char type, long size, string name, ReadOnlySpan<byte> block, byte[]? longName, byte[]? longLink, List<KeyValuePair<string, byte[]>>? local)
    {
        bool isUstar = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        var prefix = isUstar ? TarHeader.TextOf(block.Slice(345, 155)) : default;
        if (!prefix.IsEmpty) name = GuestText.FromBytes(prefix) + "/" + name;
        if (longName != null) name = GuestText.FromBytes(TarHeader.TextOf(longName));
        string link = GuestText.FromBytes(longLink != null ? TarHeader.TextOf(longLink) : TarHeader.TextOf(block.Slice(157, 100)));
        bool isDevice = type is '3' or '4';
        var header = new TarHeader
        {
            Offset = start,
            DataOffset = at,
            Type = type,
            Name = name,
            LinkName = link,
            Permissions = (uint)Number(block.Slice(100, 8), start, name, "mode", long.MaxValue) & FileModeBits.Permissions,
            Uid = (uint)Number(block.Slice(108, 8), start, name, "uid", uint.MaxValue),
            Gid = (uint)Number(block.Slice(116, 8), start, name, "gid", uint.MaxValue),
            Size = size,
            Modified = new Timespec(Number(block.Slice(136, 12), start, name, "time", 1L << 40, -(1L << 40)), 0),
            Major = isDevice ? (uint)Number(block.Slice(329, 8), start, name, "device", 0xFFF) : 0,
            Minor = isDevice ? (uint)Number(block.Slice(337, 8), start, name, "device", 0xFFFFF) : 0,
        };
        foreach (var (key, value) in global) Apply(header, key, value);
        if (local != null)
        {
            foreach (var (key, value) in local) Apply(header, key, value);
        }
        // "The size of a hard link is that of the file": there are no contents.
        if (type == '1') header.Size = 0;
        Skip(start, header.Name, header.Size);
        return header;
    }

    static void Apply(TarHeader header, string key, byte[] value)
    {
        if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal)) throw new TarException(header.Offset, header.Name, "it is a sparse file, which is not supported");
        if (key.StartsWith(AttributePrefix, StringComparison.Ordinal))
        {
            (header.Attributes ??= new(StringComparer.Ordinal))[key[AttributePrefix.Length..]] = value;
            return;
        }
        switch (key)
        {
            case "path": header.Name = GuestText.FromBytes(value); break;
            case "linkpath": header.LinkName = GuestText.FromBytes(value); break;
            case "size": header.Size = Decimal(header, key, value, long.MaxValue); break;
            case "uid": header.Uid = (uint)Decimal(header, key, value, uint.MaxValue); break;
            case "gid": header.Gid = (uint)Decimal(header, key, value, uint.MaxValue); break;
            case "mtime":
                if (!TarHeader.TryTime(value, out var time)) throw new TarException(header.Offset, header.Name, "its pax time is no number");
                header.Modified = time;
                break;
        }
    }

    static long Decimal(TarHeader header, string key, byte[] value, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= most
            ? number
            : throw new TarException(header.Offset, header.Name, $"its pax {key} is no number");

    static long Number(ReadOnlySpan<byte> field, long start, string name, string what, long most, long least = 0) =>
        TarHeader.TryNumber(field, out long value) && value >= least && value <= most
            ? value
            : throw new TarException(start, name, $"its {what} is no number");

    byte[] Text(long start, string name, long size) => size <= MostName ? Data(start, name, size) : throw new TarException(start, name, "the long name is too long");

    void Records(long start, string name, long size, List<KeyValuePair<string, byte[]>> to)
    {
        if (size > MostPax) throw new TarException(start, name, "the pax header is too long");
        if (!TarHeader.TryRecords(Data(start, name, size), to)) throw new TarException(start, name, "the pax header is malformed");
    }

    byte[] Data(long start, string name, long size)
    {
        long from = at;
        Skip(start, name, size);
        var data = new byte[size];
        Read(from, data);
        return data;
    }

    void Skip(long start, string name, long size)
    {
        if (size > length - at) throw new TarException(start, name, $"the archive ends after {length} bytes, within the entry's contents");
        at += (size + TarHeader.BlockSize - 1) / TarHeader.BlockSize * TarHeader.BlockSize;
    }

    ReadOnlySpan<byte> Block(long position)
    {
        if (position > length - TarHeader.BlockSize) throw new TarException(position, null, $"the archive ends after {length} bytes, without its end marker");
        if (position < windowStart || position + TarHeader.BlockSize > windowStart + windowLength)
        {
            windowLength = (int)Math.Min(window.Length, length - position);
            windowStart = position;
            Read(position, window.AsSpan(0, windowLength));
        }
        return window.AsSpan((int)(position - windowStart), TarHeader.BlockSize);
    }

    void Read(long position, Span<byte> to)
    {
        int done = 0;
        while (done < to.Length)
        {
            int count = RandomAccess.Read(file, to[done..], position + done);
            if (count == 0) throw new TarException(position, null, "the archive became shorter while it was read");
            done += count;
        }
    }
}
