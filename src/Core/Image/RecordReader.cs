using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>The framing: headers, payloads and raw runs, one after the other. Every way that it can fail ends in a <see cref="CheckpointImageException"/>.</summary>
internal sealed class RecordReader(ImageSource source)
{
    internal const string EndsEarly = "an image ends with its TAIL record, not before";

    private readonly byte[] _payload = new byte[ImageLimits.PageSize];
    private int _length;

    /// <summary>Header of the last record.</summary>
    internal RecordHeader Header { get; private set; }

    /// <summary>Where the last record's rules are checked.</summary>
    internal RecordRules Rules { get; private set; }

    internal ImageSource Source => source;

    /// <summary>Payload of the last record; valid until the next one is read.</summary>
    internal ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _length);

    /// <summary>Reads the record that must stand here, and checks it by itself; the parent is the caller's.</summary>
    internal T Read<T>() where T : unmanaged, IRecord
    {
        ReadHeader(T.Type);
        Expect(T.Type);
        Rules.Require(Header.Length == RecordLayout<T>.Size, RecordLayout<T>.SizeRule, (ushort)Header.Length);
        ReadPayload();
        var record = RecordLayout<T>.Read(Payload);
        record.Validate(Rules);
        return record;
    }

    /// <summary>Reads a STRING that must have the length announced before it.</summary>
    internal ReadOnlySpan<byte> ReadString(int length)
    {
        ReadHeader(RecordType.String);
        Expect(RecordType.String);
        Rules.Require(Header.Length == length, "a name has the length that its task announced", (ushort)Header.Length);
        ReadPayload();
        return Payload;
    }

    /// <summary>Reads the path that must stand here.</summary>
    internal FileName ReadFileName()
    {
        ReadHeader(RecordType.FileName);
        Expect(RecordType.FileName);
        Rules.Require(Header.Length is > 0 and <= ImageLimits.PathMax, "a path has 1 to 4096 bytes with its NUL", (ushort)Header.Length);
        ReadPayload();
        Rules.Require(Payload.IndexOf((byte)0) == Payload.Length - 1, "a path ends with its only NUL")
             .Require((int)Header.Parent >= 0, "a parent has bit 31 clear", Header.Parent);
        return new FileName(Payload);
    }

    /// <summary>Reads raw bytes that belong to the last record.</summary>
    internal void ReadRaw(Span<byte> bytes)
    {
        if (source.Fill(bytes) < bytes.Length) throw Truncated();
    }

    /// <summary>Reads some of the addresses of a chunk; each is checked where it stands.</summary>
    internal uint[] ReadAddresses(int count, ImageRules? rules)
    {
        var at = source.Position;
        var addresses = new uint[count];
        ReadRaw(MemoryMarshal.AsBytes(addresses.AsSpan()));
        if (rules is null) return addresses;
        for (var i = 0; i < count; i++)
            rules.Page(addresses[i], new RecordRules(RecordType.PageArray, at + (sizeof(uint) * i)));
        return addresses;
    }

    /// <summary>Reads 8-byte descriptors and hands each over with the place it stands at.</summary>
    internal List<SegmentDescriptor> ReadDescriptors(int count, Action<SegmentDescriptor, RecordRules>? check)
    {
        var entries = new List<SegmentDescriptor>();
        Span<byte> raw = stackalloc byte[MmContextRecord.EntrySize];
        for (var i = 0; i < count; i++)
        {
            var at = new RecordRules(Header.Type, source.Position);
            ReadRaw(raw);
            var entry = new SegmentDescriptor(MemoryMarshal.Read<ulong>(raw));
            check?.Invoke(entry, at);
            entries.Add(entry);
        }
        return entries;
    }

    /// <summary>The image ends in the raw bytes of the last record.</summary>
    internal CheckpointImageException Truncated() =>
        new RecordRules(Header.Type, source.Position).Broken(EndsEarly, Errno.EPIPE);

    /// <summary>Reads a header of any type.</summary>
    /// <param name="expected">The record that rules belong to, or None for the one that is found.</param>
    internal void ReadHeader(RecordType expected)
    {
        Rules = new RecordRules(expected, source.Position);
        _length = 0;
        Span<byte> raw = stackalloc byte[RecordHeader.Size];
        if (source.Fill(raw) < raw.Length) throw Rules.Broken(EndsEarly, Errno.EPIPE);
        Header = MemoryMarshal.Read<RecordHeader>(raw);
        if (expected == RecordType.None) Rules = Rules with { Record = Header.Type };
    }

    /// <summary>Reads the payload that the header announces.</summary>
    internal void ReadPayload()
    {
        Rules.Require(Header.Length is >= 0 and <= ImageLimits.PageSize, "a payload has 0 to 4096 bytes", (ushort)Header.Length);
        if (source.Fill(_payload.AsSpan(0, Header.Length)) < Header.Length) throw Rules.Broken(EndsEarly, Errno.EPIPE);
        _length = Header.Length;
    }

    private void Expect(RecordType type)
    {
        if (Header.Type != type) throw Rules.Broken($"a {RecordSchema.NameOf(type)} record stands here", Errno.EINVAL, RecordSchema.NameOf(Header.Type));
    }
}
