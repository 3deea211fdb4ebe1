using System.Buffers.Binary;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Makes broken images of whole ones: by their structure, with checksums that are right again, or blindly.</summary>
internal sealed class ImageMutator(ExtendedImage image, byte[] bytes)
{
    readonly int[][] kinds = [.. Enumerable.Range(0, image.Objects.Count).GroupBy(at => image.Objects[at].Kind).Select(static group => group.ToArray())];

    /// <summary>An image whose objects have one to three changes.</summary>
    public byte[] ChangeObjects(Random random)
    {
        var objects = image.Objects.Select(one => new ExtendedObject { Number = one.Number, Kind = one.Kind, Bytes = one.Bytes.ToArray() }).ToList();
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            // A kind first: most objects are names and inodes.
            var kind = kinds[random.Next(kinds.Length)];
            int at = kind[random.Next(kind.Length)];
            objects[at] = random.Next(20) switch
            {
                0 => new ExtendedObject { Number = objects[at].Number, Kind = image.Objects[random.Next(image.Objects.Count)].Kind, Bytes = objects[at].Bytes },
                1 => new ExtendedObject { Number = objects[at].Number, Kind = objects[at].Kind, Bytes = objects[random.Next(objects.Count)].Bytes },
                2 or 3 => With(objects[at], Flip(objects[at].Bytes.ToArray(), random)),
                4 => With(objects[at], objects[at].Bytes[..random.Next(objects[at].Bytes.Length + 1)].ToArray()),
                _ => With(objects[at], ChangeField(image.Objects[at].Bytes.ToArray(), random)),
            };
        }
        var changed = new ExtendedImage(image.Names, objects, new BorrowedPages(image.Pages)) { Head = image.Head };
        return ImageEditor.Bytes(changed);
    }

    /// <summary>An image with changed, lost or doubled bytes.</summary>
    public byte[] ChangeBytes(Random random)
    {
        var copy = bytes.ToArray();
        switch (random.Next(4))
        {
            case 0: return copy[..random.Next(copy.Length)];
            case 1:
                int from = random.Next(copy.Length), to = random.Next(copy.Length), length = random.Next(1, 64);
                copy.AsSpan(from, Math.Min(length, copy.Length - from)).ToArray().AsSpan(0, Math.Min(Math.Min(length, copy.Length - from), copy.Length - to)).CopyTo(copy.AsSpan(to));
                return copy;
            default: return Flip(copy, random);
        }
    }

    static ExtendedObject With(ExtendedObject one, byte[] bytes) => new() { Number = one.Number, Kind = one.Kind, Bytes = bytes };

    static byte[] Flip(byte[] bytes, Random random)
    {
        if (bytes.Length == 0) return bytes;
        for (int count = random.Next(1, 4); count > 0; count--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    /// <summary>Gives a field another value of its kind.</summary>
    byte[] ChangeField(byte[] bytes, Random random)
    {
        var fields = new List<ScannedField>();
        Collect(bytes, 0, bytes.Length, fields);
        if (fields.Count == 0) return bytes;
        var field = fields[random.Next(fields.Count)];
        var value = bytes.AsSpan(field.Start);
        switch (field.Tag)
        {
            case FieldTag.U8: value[0] = (byte)Pick(random, value[0]); break;
            case FieldTag.U16: BinaryPrimitives.WriteUInt16LittleEndian(value, (ushort)Pick(random, BinaryPrimitives.ReadUInt16LittleEndian(value))); break;
            case FieldTag.U32: BinaryPrimitives.WriteUInt32LittleEndian(value, (uint)Pick(random, BinaryPrimitives.ReadUInt32LittleEndian(value))); break;
            case FieldTag.U64 or FieldTag.S64: BinaryPrimitives.WriteInt64LittleEndian(value, Pick(random, BinaryPrimitives.ReadInt64LittleEndian(value))); break;
            case FieldTag.Reference: BinaryPrimitives.WriteUInt32LittleEndian(value, image.Objects[random.Next(image.Objects.Count)].Number); break;
            case FieldTag.Bytes or FieldTag.Text when field.Count > 0: value[random.Next(field.Count)] = (byte)random.Next(256); break;
            case FieldTag.Pages when field.Count > 0:
                var run = value.Slice(random.Next(field.Count) * 16 + random.Next(4) * 4, 4);
                BinaryPrimitives.WriteUInt32LittleEndian(run, (uint)Pick(random, BinaryPrimitives.ReadUInt32LittleEndian(run)));
                break;
        }
        return bytes;
    }

    static void Collect(byte[] bytes, int start, int end, List<ScannedField> fields)
    {
        var scanner = new FieldScanner(bytes, start, end);
        while (scanner.Next(out var field))
        {
            fields.Add(field);
            if (field.Tag == FieldTag.Structure) Collect(bytes, field.Start, field.Start + field.Count, fields);
            if (field.Tag != FieldTag.List) continue;
            var list = new FieldScanner(bytes, field.Start, end);
            for (int i = 0; i < field.Count; i++)
            {
                var (from, to) = list.SkipStructure();
                Collect(bytes, from, to, fields);
            }
        }
    }

    static long Pick(Random random, long now) => random.Next(8) switch
    {
        0 => 0,
        1 => 1,
        2 => -1,
        3 => now + 1,
        4 => now - 1,
        5 => 1L << random.Next(63),
        6 => int.MaxValue,
        _ => random.NextInt64(),
    };
}
