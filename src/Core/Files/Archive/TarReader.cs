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
    readonly TarHeader header = new();
    readonly Dictionary<string, byte[]> global = new(StringComparer.Ordinal);
    long windowStart;
    int windowLength;
    long at;

    /// <summary>The next entry, in the place of the one before; null at the end marker.</summary>
    /// <exception cref="TarException">The archive is malformed or cut short, or has what is not supported.</exception>
    public TarHeader? Next()
    {
        byte[]? longName = null, longLink = null;
        List<KeyValuePair<string, byte[]>>? local = null;
        while (true)
        {
            var block = Block(at);
            if (TarHeader.IsZero(block)) return null;
            if (!TarHeader.HasRightSum(block)) throw new TarException(at, null, "the header's checksum is wrong");
            header.Begin(at, TarHeader.TextOf(block[..100]));
            if (!TarHeader.TryNumber(block.Slice(124, 12), out long size) || size < 0) throw Wrong("its size is no number");
            char type = (char)block[156];
            at += TarHeader.BlockSize;
            switch (type)
            {
                case 'L': longName = Text(size); continue;
                case 'K': longLink = Text(size); continue;
                case 'x': Records(size, local ??= []); continue;
                case 'g':
                    var shared = new List<KeyValuePair<string, byte[]>>();
                    Records(size, shared);
                    foreach (var (key, value) in shared) global[key] = value;
                    continue;
                case 'V': Skip(size); continue;
            }
            Fill(type, size, block, longName, longLink, local);
            return header;
        }
    }

    void Fill(char type, long size, ReadOnlySpan<byte> block, byte[]? longName, byte[]? longLink, List<KeyValuePair<string, byte[]>>? local)
    {
        bool isUstar = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        var prefix = isUstar ? TarHeader.TextOf(block.Slice(345, 155)) : default;
        if (longName != null) header.SetName([], TarHeader.TextOf(longName));
        else if (!prefix.IsEmpty) header.SetName(prefix, TarHeader.TextOf(block[..100]));
        bool isDevice = type is '3' or '4';
        header.DataOffset = at;
        header.Type = type;
        header.LinkName = GuestText.FromBytes(longLink != null ? TarHeader.TextOf(longLink) : TarHeader.TextOf(block.Slice(157, 100)));
        header.Permissions = (uint)Number(block.Slice(100, 8), "mode", long.MaxValue) & FileModeBits.Permissions;
        header.Uid = (uint)Number(block.Slice(108, 8), "uid", uint.MaxValue);
        header.Gid = (uint)Number(block.Slice(116, 8), "gid", uint.MaxValue);
        header.Size = size;
        header.Modified = new Timespec(Number(block.Slice(136, 12), "time", 1L << 40, -(1L << 40)), 0);
        header.Major = isDevice ? (uint)Number(block.Slice(329, 8), "device", 0xFFF) : 0;
        header.Minor = isDevice ? (uint)Number(block.Slice(337, 8), "device", 0xFFFFF) : 0;
        foreach (var (key, value) in global) Apply(key, value);
        if (local != null)
        {
            foreach (var (key, value) in local) Apply(key, value);
        }
        // "The size of a hard link is that of the file": there are no contents.
        if (type == '1') header.Size = 0;
        Skip(header.Size);
    }

    void Apply(string key, byte[] value)
    {
        if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal)) throw Wrong("it is a sparse file, which is not supported");
        if (key.StartsWith(AttributePrefix, StringComparison.Ordinal))
        {
            (header.Attributes ??= new(StringComparer.Ordinal))[key[AttributePrefix.Length..]] = value;
            return;
        }
        switch (key)
        {
            case "path": header.SetName([], value); break;
            case "linkpath": header.LinkName = GuestText.FromBytes(value); break;
            case "size": header.Size = Decimal(key, value, long.MaxValue); break;
            case "uid": header.Uid = (uint)Decimal(key, value, uint.MaxValue); break;
            case "gid": header.Gid = (uint)Decimal(key, value, uint.MaxValue); break;
            case "mtime":
                if (!TarHeader.TryTime(value, out var time)) throw Wrong("its pax time is no number");
                header.Modified = time;
                break;
        }
    }

    long Decimal(string key, byte[] value, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= most ? number : throw Wrong($"its pax {key} is no number");

    long Number(ReadOnlySpan<byte> field, string what, long most, long least = 0) =>
        TarHeader.TryNumber(field, out long value) && value >= least && value <= most ? value : throw Wrong($"its {what} is no number");

    TarException Wrong(string rule) => new(header.Offset, header.Name, rule);

    byte[] Text(long size) => size <= MostName ? Data(size) : throw Wrong("the long name is too long");

    void Records(long size, List<KeyValuePair<string, byte[]>> to)
    {
        if (size > MostPax) throw Wrong("the pax header is too long");
        if (!TarHeader.TryRecords(Data(size), to)) throw Wrong("the pax header is malformed");
    }

    byte[] Data(long size)
    {
        long from = at;
        Skip(size);
        var data = new byte[size];
        Read(from, data);
        return data;
    }

    void Skip(long size)
    {
        if (size > length - at) throw Wrong($"the archive ends after {length} bytes, within the entry's contents");
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
