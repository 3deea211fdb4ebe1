using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Breaks an image in ways that hurt: bits and fields of records, edge values, cuts, records doubled, dropped and moved.</summary>
internal sealed class Mutator(byte[] image)
{
    internal static readonly ulong[] Edges =
        [0, 1, 2, 3, 7, 8, 0x7f, 0xff, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff, 0x10_0000, 0x10_0001, 0x7fff_ffff, 0x8000_0000, 0xbfff_f000, 0xc000_0000, 0xffff_f000, 0xffff_ffff, 0x1_0000_0000, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private readonly List<ImageRecord> _records = Patch.Records(image);

    internal byte[] Mutate(Random random)
    {
        var bytes = (byte[])image.Clone();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            bytes = random.Next(10) switch
            {
                0 or 1 => FlipBit(bytes, random),
                2 => bytes.SetRaw(random.Next(bytes.Length), (ulong)random.Next(256), 1),
                3 => bytes[..random.Next(bytes.Length)],
                4 => bytes.Splice(random.Next(bytes.Length), 0, RandomBytes(random)),
                5 => Cut(bytes, random),
                6 => Copy(bytes, random),
                _ => SetField(bytes, random),
            };
            if (bytes.Length == 0) break;
        }
        return bytes;
    }

    // Most bytes are page contents, which may be anything: aim at the rest.
    private byte[] FlipBit(byte[] bytes, Random random)
    {
        var record = _records[random.Next(_records.Count)];
        var at = Math.Min(bytes.Length - 1, (int)record.Offset + random.Next(RecordHeader.Size + record.Length + 16));
        return bytes.SetRaw(at, (ulong)(bytes[at] ^ (1 << random.Next(8))), 1);
    }

    private byte[] SetField(byte[] bytes, Random random)
    {
        var record = _records[random.Next(_records.Count)];
        var fields = RecordSchema.Find(record.Type)!.Fields;
        var field = fields[random.Next(fields.Count)];
        var size = Math.Min(field.Size, 8);
        var at = record.Offset + RecordHeader.Size + field.Offset;
        var value = Edges[random.Next(Edges.Length)];
        if (random.Next(4) == 0) (at, size) = (record.Offset + (random.Next(3) switch { 0 => 0, 1 => 2, _ => 4 }), 2);
        return at + size > bytes.Length ? bytes : bytes.SetRaw(at, value, size);
    }

    private static byte[] Cut(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        return bytes.Splice(at, random.Next(Math.Min(bytes.Length - at, 100)));
    }

    /// <summary>Doubles, drops or moves a whole record.</summary>
    private byte[] Copy(byte[] bytes, Random random)
    {
        var record = _records[random.Next(_records.Count)];
        var target = _records[random.Next(_records.Count)].Offset;
        var length = (int)(RecordHeader.Size + record.Length + record.RawLength);
        if (record.Offset + length > bytes.Length || target > bytes.Length) return bytes;
        var whole = bytes[(int)record.Offset..((int)record.Offset + length)];
        return random.Next(2) == 0 ? bytes.Splice(record.Offset, length) : bytes.Splice(target, 0, whole);
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(1, 40)];
        random.NextBytes(bytes);
        return bytes;
    }
}
