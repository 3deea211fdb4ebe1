using System.Diagnostics.CodeAnalysis;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Protection;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>One record as it stands in an image, decoded.</summary>
public sealed class ImageRecord
{
    private IReadOnlyList<FieldValue>? _fields;

    /// <summary>Byte offset of the header.</summary>
    public required long Offset { get; init; }

    public required RecordType Type { get; init; }

    /// <summary>Bytes of the payload, as the header says; negative in a broken image.</summary>
    public required int Length { get; init; }

    /// <summary>The header's parent.</summary>
    public required uint Parent { get; init; }

    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Bytes that follow outside any record: page chunk, LDT, TLS.</summary>
    public long RawLength { get; init; }

    /// <summary>The addresses of a chunk's pages; their contents follow in the same order.</summary>
    public IReadOnlyList<uint> PageAddresses { get; init; } = [];

    /// <summary>The descriptors after MM_CONTEXT or THREAD.</summary>
    public IReadOnlyList<SegmentDescriptor> Descriptors { get; init; } = [];

    /// <summary>The reference's name, such as VMA.</summary>
    public string Name => RecordSchema.NameOf(Type);

    /// <summary>The payload's fields, which v5's schema gives unless they are set; empty when type or length are not v5's.</summary>
    [AllowNull]
    public IReadOnlyList<FieldValue> Fields
    {
        get => _fields ??= Decode();
        init => _fields = value;
    }

    private IReadOnlyList<FieldValue> Decode() =>
        RecordSchema.Find(Type) is { } schema && Length >= schema.Size && Length <= schema.MaxSize ? schema.Decode(Payload) : [];
}

/// <summary>
/// Walks the records of an image without judging them: only the framing must hold. Of a broken image it gives every
/// record up to the break, then the error; <see cref="ImageReader"/> says whether the whole is valid.
/// </summary>
public static class RecordInspector
{
    private const int MaxPages = (int)(ImageLimits.UserSpaceEnd / ImageLimits.PageSize);

    /// <summary>The records of an image that comes through a stream, up to its tail.</summary>
    /// <exception cref="CheckpointImageException">Thrown by the enumeration where the framing breaks.</exception>
    public static IEnumerable<ImageRecord> Enumerate(Stream stream) => Enumerate(new StreamSource(stream));

    /// <summary>The records of an image file, page contents not read.</summary>
    /// <param name="path">Host path.</param>
    /// <param name="access">What opens a protected image; null for nothing.</param>
    /// <exception cref="CheckpointImageException">Thrown by the enumeration where the framing breaks.</exception>
    /// <exception cref="ProtectionException">The image is encrypted and no key fits.</exception>
    public static IEnumerable<ImageRecord> Enumerate(string path, ImageAccess? access = null)
    {
        using var file = ImageFile.OpenForReading(path);
        if (file.CanSeek)
        {
            using var bytes = ImageOpening.Open(new FileBytes(file), access, out _);
            if (ImageOpening.IsExtended(bytes))
            {
                using var stream = new ImageBytesStream(bytes);
                foreach (var record in ExtendedInspector.Enumerate(stream)) yield return record;
            }
            else
            {
                foreach (var record in Enumerate(new FileSource(bytes))) yield return record;
            }
            yield break;
        }
        var image = ImageOpening.Open(file, access, out var protection);
        using (protection)
        {
            foreach (var record in Enumerate(new StreamSource(image))) yield return record;
        }
    }

    /// <summary>The records that the writer would write of a model, with the offsets they would have.</summary>
    /// <exception cref="CheckpointImageException">The model breaks a rule.</exception>
    public static IReadOnlyList<ImageRecord> Enumerate(CheckpointImage image)
    {
        var sink = new ListingSink();
        ImageEmitter.Emit(image, sink);
        return sink.Records;
    }

    /// <summary>The records that an Extended image would have in a file.</summary>
    public static IEnumerable<ImageRecord> Enumerate(ExtendedImage image)
    {
        using var stream = new MemoryStream();
        ExtendedWriter.Write(image, stream, new ExtendedWriterOptions { IsListing = true });
        stream.Position = 0;
        foreach (var record in ExtendedInspector.Enumerate(stream)) yield return record;
    }

    private static IEnumerable<ImageRecord> Enumerate(ImageSource source)
    {
        var reader = new RecordReader(source);
        var type = RecordType.None;
        while (type != RecordType.Tail)
        {
            var (record, error) = Next(reader);
            yield return record;
            if (error is not null) throw error;
            type = record.Type;
        }
    }

    /// <summary>The next record, and what is wrong after it.</summary>
    private static (ImageRecord Record, CheckpointImageException? Error) Next(RecordReader reader)
    {
        reader.ReadHeader(RecordType.None);
        var header = reader.Header;
        var rules = reader.Rules;
        CheckpointImageException? error = null;
        List<uint> addresses = [];
        List<SegmentDescriptor> descriptors = [];
        long raw = 0;
        try
        {
            var schema = RecordSchema.Find(header.Type) ?? throw rules.Broken("a record has a type of v5");
            rules.Require(header.Length >= schema.Size && header.Length <= schema.MaxSize, schema.Size == schema.MaxSize ? $"a payload has {schema.Size} bytes" : $"a payload has {schema.Size} to {schema.MaxSize} bytes", (ushort)header.Length);
            reader.ReadPayload();
            raw = RawLength(reader, addresses, descriptors);
        }
        catch (CheckpointImageException problem)
        {
            error = problem;
        }
        var record = new ImageRecord
        {
            Offset = rules.Offset,
            Type = header.Type,
            Length = header.Length,
            Parent = header.Parent,
            Payload = reader.Payload.ToArray(),
            RawLength = raw,
            PageAddresses = addresses,
            Descriptors = descriptors,
        };
        return (record, error);
    }

    /// <summary>Passes over what follows the last record, and says how long that is.</summary>
    private static long RawLength(RecordReader reader, List<uint> addresses, List<SegmentDescriptor> descriptors)
    {
        switch (reader.Header.Type)
        {
            case RecordType.PageArray:
                var pages = RecordLayout<PageArrayRecord>.Read(reader.Payload).PageCount;
                reader.Rules.Require(pages <= MaxPages, "a chunk has at most the pages of user space", pages);
                for (var left = (int)pages; left > 0; left -= LoadedPages.PieceLength)
                    addresses.AddRange(reader.ReadAddresses(Math.Min(left, LoadedPages.PieceLength), null));
                if (!reader.Source.Skip((long)pages * ImageLimits.PageSize)) throw reader.Truncated();
                return (long)pages * (sizeof(uint) + ImageLimits.PageSize);
            case RecordType.MmContext:
                var count = Math.Max((short)0, RecordLayout<MmContextRecord>.Read(reader.Payload).LdtCount);
                descriptors.AddRange(reader.ReadDescriptors(count, null));
                return (long)count * MmContextRecord.EntrySize;
            case RecordType.Thread:
                descriptors.AddRange(reader.ReadDescriptors(ImageLimits.TlsEntries, null));
                return ThreadRecord.TlsBytes;
            default:
                return 0;
        }
    }

    private sealed class ListingSink : IImageSink
    {
        internal List<ImageRecord> Records { get; } = [];

        public long Position { get; private set; }

        public void Record(in RecordHeader header, ReadOnlySpan<byte> payload)
        {
            Records.Add(new ImageRecord { Offset = Position, Type = header.Type, Length = header.Length, Parent = header.Parent, Payload = payload.ToArray() });
            Position += RecordHeader.Size + payload.Length;
        }

        public void Descriptors(IReadOnlyList<SegmentDescriptor> entries) =>
            Append((long)entries.Count * MmContextRecord.EntrySize, [], entries);

        public void Chunk(PageSet pages, int first, int count)
        {
            var addresses = new uint[count];
            for (var i = 0; i < count; i++) addresses[i] = pages.AddressOf(first + i);
            Append((long)count * (sizeof(uint) + ImageLimits.PageSize), addresses, []);
        }

        private void Append(long rawLength, IReadOnlyList<uint> addresses, IReadOnlyList<SegmentDescriptor> entries)
        {
            var last = Records[^1];
            Records[^1] = new ImageRecord
            {
                Offset = last.Offset,
                Type = last.Type,
                Length = last.Length,
                Parent = last.Parent,
                Payload = last.Payload,
                RawLength = rawLength,
                PageAddresses = addresses,
                Descriptors = entries,
            };
            Position += rawLength;
        }
    }
}
