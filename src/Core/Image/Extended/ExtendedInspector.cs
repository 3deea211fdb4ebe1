using System.Buffers.Binary;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <summary>Walks the records of an Extended image without judging them: only the framing must hold.</summary>
internal static class ExtendedInspector
{
    /// <summary>The records up to END; contents of pages are passed over.</summary>
    /// <param name="file">At the image's beginning; can seek.</param>
    /// <exception cref="CheckpointImageException">Thrown by the enumeration where the framing breaks.</exception>
    public static IEnumerable<ImageRecord> Enumerate(Stream file)
    {
        var header = new byte[RecordHeader.Size];
        for (var type = ExtendedRecord.None; type != ExtendedRecord.End;)
        {
            long offset = file.Position;
            if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length) throw Short(type, offset);
            type = (ExtendedRecord)BinaryPrimitives.ReadInt16LittleEndian(header);
            int length = BinaryPrimitives.ReadInt16LittleEndian(header.AsSpan(2));
            var rules = new RecordRules((RecordType)type, offset);
            var payload = new byte[Math.Max(0, length)];
            bool isWhole = length >= 0 && file.ReadAtLeast(payload, payload.Length, throwOnEndOfStream: false) == payload.Length;
            long raw = isWhole && type == ExtendedRecord.Pages && length >= ExtendedLimits.GroupHeadBytes ? Raw(payload) : 0;
            yield return new ImageRecord
            {
                Offset = offset,
                Type = (RecordType)type,
                Length = length,
                Parent = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)),
                Payload = payload,
                RawLength = raw,
                // The head is v5's record, and its schema reads it.
                Fields = (RecordType)type != RecordType.Head && isWhole ? Fields(type, payload) : null,
            };
            rules.Require(length >= 0, "a record's length is not negative");
            if (!isWhole || file.Position + raw > file.Length) throw Short(type, offset);
            file.Position += raw;
        }
    }

    static CheckpointImageException Short(ExtendedRecord type, long offset) => new RecordRules((RecordType)type, offset).Broken("an image ends with END, not before", Errno.EPIPE);

    /// <summary>Padding and stored pages.</summary>
    static long Raw(ReadOnlySpan<byte> payload)
    {
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
        return stored == 0 ? 0 : stored + BinaryPrimitives.ReadUInt16LittleEndian(payload[12..]);
    }

    static List<FieldValue> Fields(ExtendedRecord type, byte[] payload)
    {
        var found = new List<FieldValue>();
        switch (type)
        {
            case ExtendedRecord.Contents when payload.Length == ExtendedLimits.ContentsBytes:
                Number("objects", 0, 4, "objects of the image");
                Number("names", 4, 4, "names of the image");
                Number("pages", 8, 8, "pages of the image");
                Bytes("parent", 32, ExtendedLimits.IdentityBytes, "identity of the image that this one builds on");
                break;
            case ExtendedRecord.Parent when payload.Length >= ExtendedLimits.ParentHeadBytes:
                Number("chain", 0, 4, "images that it takes to have all pages of the parent");
                Number("pages", 4, 4, "pages of the parent");
                found.Add(new FieldValue("path", System.Text.Encoding.UTF8.GetString(payload.AsSpan(ExtendedLimits.ParentHeadBytes)), FieldFormat.Text, "where the parent is, from this image's directory or absolute"));
                break;
            case ExtendedRecord.Object or ExtendedRecord.More when payload.Length >= 4:
                Number("kind", 0, 2, "index of the kind's name");
                Number("more", 2, 2, "1 when MORE follows");
                Bytes("fields", 4, payload.Length - 4, "bytes of the object");
                break;
            case ExtendedRecord.Pages when payload.Length >= ExtendedLimits.GroupHeadBytes:
                Number("count", 0, 2, "pages of the group");
                Number("encoding", 2, 1, "how they are stored");
                Number("stored", 4, 4, "bytes stored");
                Number("checksum", 8, 4, "CRC-32 of them", FieldFormat.Hexadecimal);
                Number("padding", 12, 2, "bytes in front of them");
                break;
            case ExtendedRecord.Check when payload.Length == 4:
                Number("checksum", 0, 4, "CRC-32 of the records since the last one", FieldFormat.Hexadecimal);
                break;
            case ExtendedRecord.End when payload.Length == ExtendedLimits.EndBytes:
                Number("index", 8, 8, "where INDEX begins");
                Bytes("identity", 16, ExtendedLimits.IdentityBytes, "SHA-256 of the image's structure");
                break;
        }
        return found;

        void Number(string name, int at, int size, string summary, FieldFormat format = FieldFormat.Decimal) =>
            found.Add(new FieldValue(name, size switch
            {
                1 => payload[at],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(payload.AsSpan(at)),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(at)),
                _ => (object)BinaryPrimitives.ReadUInt64LittleEndian(payload.AsSpan(at)),
            }, format, summary));

        void Bytes(string name, int at, int count, string summary) => found.Add(new FieldValue(name, payload.AsSpan(at, count).ToArray(), FieldFormat.Bytes, summary));
    }
}
