using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Files;

/// <summary>An entry to write to a tar file.</summary>
internal sealed record TarItem
{
    /// <summary>Relative guest path.</summary>
    public required string Name { get; init; }

    /// <summary>Type and permissions.</summary>
    public required uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public Timespec Modified { get; init; }

    /// <summary>For a device file (<see cref="FileSystem.MakeDevice"/>).</summary>
    public uint Device { get; init; }

    /// <summary>Of a symbolic link the text.</summary>
    public string? Target { get; init; }

    /// <summary>An entry before this one, to which this is a hard link.</summary>
    public string? LinkTo { get; init; }

    public IReadOnlyDictionary<string, byte[]>? Attributes { get; init; }
}

/// <summary>Writes an uncompressed tar file: ustar, with a pax header before each entry that does not fit. Same entries, same bytes.</summary>
internal sealed class TarWriter(Stream to)
{
    const long MostSize = (1L << 33) - 1;
    const uint MostId = (1 << 21) - 1;
    const int NameField = 100;

    readonly byte[] block = new byte[TarHeader.BlockSize];

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>Adds an entry without contents.</summary>
    public void Add(TarItem item) => WriteHeader(item, 0);

    /// <summary>Adds a regular file.</summary>
    /// <exception cref="EndOfStreamException">The contents are shorter than said.</exception>
    public void Add(TarItem item, Stream contents, long size)
    {
        WriteHeader(item, size);
        var buffer = new byte[64 << 10];
        for (long left = size; left > 0;)
        {
            int count = contents.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (count == 0) throw new EndOfStreamException($"'{item.Name}' became shorter while it was read");
            Write(buffer.AsSpan(0, count));
            left -= count;
        }
        Pad(size);
    }

    /// <summary>Adds a regular file.</summary>
    public void Add(TarItem item, ReadOnlySpan<byte> contents)
    {
        WriteHeader(item, contents.Length);
        Write(contents);
        Pad(contents.Length);
    }

    /// <summary>Writes the end marker.</summary>
    public void Finish()
    {
        Array.Clear(block);
        Write(block);
        Write(block);
        to.Flush();
    }

    void WriteHeader(TarItem item, long size)
    {
        uint type = item.Mode & FileModeBits.TypeMask;
        string path = type == FileModeBits.Directory && item.Name is not ("." or "./") ? item.Name + "/" : item.Name;
        byte[] name = GuestText.ToBytes(path), link = GuestText.ToBytes(item.LinkTo ?? item.Target ?? "");
        var records = new MemoryStream();
        if (name.Length > NameField) Record(records, "path", name);
        if (link.Length > NameField) Record(records, "linkpath", link);
        if (size > MostSize) Record(records, "size", Decimal(size));
        if (item.Uid > MostId) Record(records, "uid", Decimal(item.Uid));
        if (item.Gid > MostId) Record(records, "gid", Decimal(item.Gid));
        bool hasPlainTime = item.Modified.Nanoseconds == 0 && item.Modified.Seconds is >= 0 and <= MostSize;
        if (!hasPlainTime) Record(records, "mtime", Time(item.Modified));
        foreach (var (key, value) in item.Attributes ?? new Dictionary<string, byte[]>()) Record(records, "SCHILY.xattr." + key, value);
        if (records.Length > 0)
        {
            byte[] data = records.ToArray();
            Fill("././@PaxHeader"u8, default, 0x1A4, 0, 0, data.Length, 0, 'x', 0);
            Write(block);
            Write(data);
            Pad(data.Length);
        }
        char flag = item.LinkTo != null ? '1' : type switch
        {
            FileModeBits.Regular => '0',
            FileModeBits.SymbolicLink => '2',
            FileModeBits.CharacterDevice => '3',
            FileModeBits.BlockDevice => '4',
            FileModeBits.Directory => '5',
            FileModeBits.Fifo => '6',
            _ => throw new ArgumentException($"'{item.Name}' is of a type that no archive holds", nameof(item)),
        };
        Fill(Start(name), Start(link), item.Mode & FileModeBits.Permissions, Math.Min(item.Uid, MostId), Math.Min(item.Gid, MostId),
            Math.Min(size, MostSize), hasPlainTime ? item.Modified.Seconds : Math.Clamp(item.Modified.Seconds, 0, MostSize), flag, item.Device);
        Write(block);
    }

    static ReadOnlySpan<byte> Start(byte[] text) => text.AsSpan(0, Math.Min(text.Length, NameField));

    void Fill(ReadOnlySpan<byte> name, ReadOnlySpan<byte> link, uint permissions, uint uid, uint gid, long size, long time, char type, uint device)
    {
        Array.Clear(block);
        name.CopyTo(block);
        Octal(100, 8, permissions);
        Octal(108, 8, uid);
        Octal(116, 8, gid);
        Octal(124, 12, size);
        Octal(136, 12, time);
        block[156] = (byte)type;
        link.CopyTo(block.AsSpan(157));
        "ustar\u000000"u8.CopyTo(block.AsSpan(257));
        Octal(329, 8, FileSystem.Major(device));
        Octal(337, 8, FileSystem.Minor(device));
        block.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in block) sum += value;
        Octal(148, 7, sum);
    }

    void Octal(int offset, int width, long value)
    {
        for (int digit = width - 2; digit >= 0; digit--, value >>= 3) block[offset + digit] = (byte)('0' + (value & 7));
        block[offset + width - 1] = 0;
    }

    static byte[] Decimal(long value)
    {
        var digits = new byte[20];
        Utf8Formatter.TryFormat(value, digits, out int length);
        return digits[..length];
    }

    static byte[] Time(Timespec time)
    {
        // The fraction counts upwards from the second below, which for a time before 1970 a decimal number does not do.
        bool isNegative = time.Seconds < 0 && time.Nanoseconds != 0;
        long seconds = isNegative ? time.Seconds + 1 : time.Seconds;
        uint nanoseconds = isNegative ? 1_000_000_000 - time.Nanoseconds : time.Nanoseconds;
        string sign = isNegative && seconds == 0 ? "-" : "";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds}.{nanoseconds:D9}"));
    }

    static void Record(MemoryStream records, string key, ReadOnlySpan<byte> value)
    {
        byte[] name = Encoding.UTF8.GetBytes(key);
        int rest = name.Length + value.Length + 3, length = rest;
        while (length != rest + Digits(length)) length = rest + Digits(length);
        records.Write(Decimal(length));
        records.WriteByte((byte)' ');
        records.Write(name);
        records.WriteByte((byte)'=');
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    void Pad(long size)
    {
        int rest = (int)(size % TarHeader.BlockSize);
        if (rest == 0) return;
        Array.Clear(block);
        Write(block.AsSpan(0, TarHeader.BlockSize - rest));
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        to.Write(bytes);
        Length += bytes.Length;
    }
}
