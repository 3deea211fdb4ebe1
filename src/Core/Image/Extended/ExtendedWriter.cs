using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Writes Extended images: the same image gives the same bytes. Never seeks.</summary>
public static class ExtendedWriter
{
    /// <summary>Writes an image and gives it its identity, if it has none. An image that was read is written whole, whatever it builds on.</summary>
    /// <param name="image">The image.</param>
    /// <param name="stream">Where it goes; it need not seek.</param>
    /// <param name="progress">Bytes written so far.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <returns>Bytes written.</returns>
    public static long Write(ExtendedImage image, Stream stream, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Write(image, stream, ExtendedWriterOptions.Usual, progress, cancellation);

    /// <summary>As <see cref="Write(ExtendedImage, Stream, IProgress{long}?, CancellationToken)"/>, in another manner.</summary>
    public static long Write(ExtendedImage image, Stream stream, ExtendedWriterOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        using var writing = new Writing(stream, options, progress, cancellation);
        byte[] identity = writing.Write(image);
        // One that was read stays what it is: written with another parent, or none, it is another image.
        if (!image.IsRead && !options.IsListing) (image.Identity, image.ParentReference) = (identity, options.Parent?.Reference);
        return writing.Position;
    }

    sealed class Writing(Stream stream, ExtendedWriterOptions options, IProgress<long>? progress, CancellationToken cancellation) : IDisposable
    {
        readonly IncrementalHash identity = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        readonly Crc32 check = new();
        readonly MemoryStream pending = new();
        static readonly byte[] Padding = new byte[ExtendedLimits.PageSize];
        int unchecked_, zeroPages, inheritedPages;

        public long Position { get; private set; }

        public byte[] Write(ExtendedImage image)
        {
            Record((ExtendedRecord)RecordType.Head, 0, MemoryMarshal.AsBytes(new HeadRecord[] { image.Head }.AsSpan()));
            Contents(image);
            if (options.Parent != null) Parent(options.Parent.Reference);
            Names(image.Names);
            Check();
            var names = new Dictionary<string, ushort>(StringComparer.Ordinal);
            for (int i = 0; i < image.Names.Count; i++) names.TryAdd(image.Names[i], (ushort)i);
            foreach (var one in image.Objects) Object(one, names[one.Kind]);
            if (unchecked_ > 0) Check();
            var offsets = Pages(image.Pages);
            long index = Position;
            Index(offsets);
            if (unchecked_ > 0) Check();
            return End(index);
        }

        void Contents(ExtendedImage image)
        {
            Span<byte> payload = stackalloc byte[ExtendedLimits.ContentsBytes];
            payload.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(payload, (uint)image.Objects.Count);
            BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], (uint)image.Names.Count);
            BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], (ulong)image.Pages.Count);
            options.Parent?.Reference.Identity.Span.CopyTo(payload[32..]);
            Record(ExtendedRecord.Contents, 0, payload);
        }

        void Parent(ParentReference parent)
        {
            byte[] path = Encoding.UTF8.GetBytes(parent.Path), payload = new byte[ExtendedLimits.ParentHeadBytes + path.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(payload, (uint)parent.ChainLength);
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(4), (uint)parent.Pages);
            path.CopyTo(payload, ExtendedLimits.ParentHeadBytes);
            Record(ExtendedRecord.Parent, 0, payload);
        }

        void Names(IReadOnlyList<string> names)
        {
            var payload = new List<byte>();
            foreach (string name in names)
            {
                var bytes = Encoding.ASCII.GetBytes(name);
                if (payload.Count + 1 + bytes.Length > ExtendedLimits.PieceBytes) Flush(payload);
                payload.Add((byte)bytes.Length);
                payload.AddRange(bytes);
            }
            if (payload.Count > 0) Flush(payload);

            void Flush(List<byte> bytes)
            {
                Record(ExtendedRecord.Names, 0, CollectionsMarshal.AsSpan(bytes));
                bytes.Clear();
            }
        }

        void Object(ExtendedObject one, ushort kind)
        {
            Span<byte> payload = new byte[4 + Math.Min(one.Bytes.Length, ExtendedLimits.PieceBytes)];
            var left = one.Bytes.Span;
            var type = ExtendedRecord.Object;
            do
            {
                var piece = left[..Math.Min(left.Length, ExtendedLimits.PieceBytes)];
                left = left[piece.Length..];
                BinaryPrimitives.WriteUInt16LittleEndian(payload, kind);
                BinaryPrimitives.WriteUInt16LittleEndian(payload[2..], left.IsEmpty ? (ushort)0 : (ushort)1);
                piece.CopyTo(payload[4..]);
                Record(type, one.Number, payload[..(4 + piece.Length)]);
                type = ExtendedRecord.More;
            }
            while (!left.IsEmpty);
            if (unchecked_ >= ExtendedLimits.CheckedBytes) Check();
        }

        List<long> Pages(ImagePages pages)
        {
            var offsets = new List<long>();
            zeroPages = inheritedPages = 0;
            if (pages.Count == 0) return offsets;
            using var groups = new PreparedGroups(pages, options.Compression, options.Parent?.Inherited ?? default);
            for (int first = 0; first < pages.Count; first += ExtendedLimits.GroupPages)
            {
                cancellation.ThrowIfCancellationRequested();
                offsets.Add(Position);
                var group = groups.Take();
                Group(group, first);
                groups.PutBack(group);
                progress?.Report(Position);
            }
            if (!options.IsListing) (pages.ZeroCount, pages.InheritedCount) = (zeroPages, inheritedPages);
            return offsets;
        }

        void Group(PreparedGroup group, int first)
        {
            Span<byte> payload = stackalloc byte[ExtendedLimits.GroupHeadBytes + ExtendedLimits.GroupPages * (1 + sizeof(uint)) + 4];
            payload.Clear();
            int length = ExtendedLimits.GroupHeadBytes + group.Count + group.Inherited.Length * sizeof(uint) + 4;
            long data = Position + RecordHeader.Size + length;
            int padding = group.StoredBytes < ExtendedLimits.AlignedPages * ExtendedLimits.PageSize || group.Encoding != PageEncoding.Raw ? 0 : (int)(-data & (ExtendedLimits.PageSize - 1));
            BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)group.Count);
            payload[2] = (byte)group.Encoding;
            BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], (uint)group.StoredBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(payload[8..], group.Checksum);
            BinaryPrimitives.WriteUInt16LittleEndian(payload[12..], (ushort)padding);
            zeroPages += group.Kinds.Count((byte)PageKind.Zero);
            inheritedPages += group.Kinds.Count((byte)PageKind.Parent) + group.Kinds.Count((byte)PageKind.ParentNext);
            group.Kinds.CopyTo(payload[ExtendedLimits.GroupHeadBytes..]);
            for (int i = 0; i < group.Inherited.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(payload[(ExtendedLimits.GroupHeadBytes + group.Count + i * sizeof(uint))..], group.Inherited[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(payload[(length - 4)..], Crc32.HashToUInt32(payload[..(length - 4)]));
            Header(ExtendedRecord.Pages, (short)length, (uint)first, out var header);
            Put(header, isStructure: true, isChecked: false);
            Put(payload[..length], isStructure: true, isChecked: false);
            pending.Write(Padding, 0, padding);
            Position += padding + group.StoredBytes;
            Flush();
            if (group.StoredBytes > 0) group.WriteTo(stream);
        }

        void Index(List<long> offsets)
        {
            var payload = new byte[ExtendedLimits.IndexEntries * sizeof(long)];
            for (int first = 0; first < offsets.Count; first += ExtendedLimits.IndexEntries)
            {
                int count = Math.Min(ExtendedLimits.IndexEntries, offsets.Count - first);
                for (int i = 0; i < count; i++) BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(i * sizeof(long)), offsets[first + i]);
                Record(ExtendedRecord.Index, (uint)first, payload.AsSpan(0, count * sizeof(long)));
            }
        }

        byte[] End(long index)
        {
            Span<byte> payload = stackalloc byte[ExtendedLimits.EndBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(payload, ExtendedLimits.EndMagic);
            BinaryPrimitives.WriteInt64LittleEndian(payload[8..], index);
            Header(ExtendedRecord.End, ExtendedLimits.EndBytes, 0, out var header);
            Put(header, isStructure: true, isChecked: false);
            Put(payload[..16], isStructure: true, isChecked: false);
            var digest = identity.GetHashAndReset();
            Put(digest, isStructure: false, isChecked: false);
            Flush();
            return digest;
        }

        void Check()
        {
            Span<byte> payload = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(payload, check.GetCurrentHashAsUInt32());
            Header(ExtendedRecord.Check, 4, 0, out var header);
            Put(header, isStructure: true, isChecked: false);
            Put(payload, isStructure: true, isChecked: false);
            check.Reset();
            unchecked_ = 0;
            Flush();
        }

        void Record(ExtendedRecord type, uint parent, ReadOnlySpan<byte> payload)
        {
            Header(type, (short)payload.Length, parent, out var header);
            Put(header, isStructure: true, isChecked: true);
            Put(payload, isStructure: true, isChecked: true);
        }

        static void Header(ExtendedRecord type, short length, uint parent, out byte[] header)
        {
            header = new byte[RecordHeader.Size];
            BinaryPrimitives.WriteInt16LittleEndian(header, (short)type);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(2), length);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), parent);
        }

        void Put(ReadOnlySpan<byte> bytes, bool isStructure, bool isChecked)
        {
            pending.Write(bytes);
            Position += bytes.Length;
            if (isStructure) identity.AppendData(bytes);
            if (!isChecked) return;
            check.Append(bytes);
            unchecked_ += bytes.Length;
        }

        void Flush()
        {
            stream.Write(pending.GetBuffer(), 0, (int)pending.Length);
            pending.SetLength(0);
        }

        public void Dispose() => identity.Dispose();
    }
}

/// <summary>The pages that an increment leaves to its parent.</summary>
/// <param name="Reference">The parent.</param>
/// <param name="Inherited">For each page of the increment, the number of the parent's page with the same contents, or -1 for a page to be stored.</param>
public sealed record InheritedPages(ParentReference Reference, ReadOnlyMemory<int> Inherited);

/// <summary>How an Extended image is written.</summary>
public sealed record ExtendedWriterOptions
{
    /// <summary>zstd's level, at which each group of pages is packed that gets shorter by it; null for pages as they are, aligned in the file, so that a machine can start before they are read.</summary>
    public int? Compression { get; init; }

    /// <summary>What an increment leaves to the image that it builds on; null for a whole image.</summary>
    public InheritedPages? Parent { get; init; }

    /// <summary>The image is only looked at: it stays what it was.</summary>
    internal bool IsListing { get; init; }

    internal static ExtendedWriterOptions Usual { get; } = new();
}
