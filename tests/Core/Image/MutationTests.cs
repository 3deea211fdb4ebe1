using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Ten thousand broken images: each is read as valid or refused with record, offset and rule; nothing else is thrown.</summary>
public class MutationTests
{
    private static readonly ulong[] s_edges =
        [0, 1, 2, 3, 7, 8, 0x7f, 0xff, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff, 0x10_0000, 0x10_0001, 0x7fff_ffff, 0x8000_0000, 0xbfff_f000, 0xc000_0000, 0xffff_f000, 0xffff_ffff, 0x1_0000_0000, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private static readonly byte[] s_small = Samples.Bytes(Samples.Small());
    private static readonly List<ImageRecord> s_records = Patch.Records(s_small);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TenThousandMutationsEndWellFromAStream(int seed)
    {
        var random = new Random(seed);
        var (valid, refused) = (0, 0);
        for (var i = 0; i < 2500; i++)
        {
            var bytes = Mutate(random);
            try
            {
                var image = Samples.Read(bytes);
                ReadEverything(image);
                // What is read as valid can be written, and reads back as itself.
                Equality.Check(image, Samples.Read(Samples.Bytes(image)));
                valid++;
            }
            catch (CheckpointImageException error)
            {
                Check(error, bytes.Length);
                refused++;
            }
            Inspect(bytes);
        }
        Assert.True(valid > 100 && refused > 1000, $"{valid} valid, {refused} refused: mutations that always or never hurt prove nothing");
    }

    [Fact]
    public void AThousandMutationsEndTheSameFromAFile()
    {
        var path = Path.GetTempFileName();
        var random = new Random(5);
        for (var i = 0; i < 1000; i++)
        {
            var bytes = Mutate(random);
            File.WriteAllBytes(path, bytes);
            var fromStream = Record.Exception(() => ReadEverything(Samples.Read(bytes)));
            var fromFile = Record.Exception(() =>
            {
                using var image = ImageFile.Open(path);
                ReadEverything(image);
            });
            Assert.Equal(fromStream?.Message, fromFile?.Message);
        }
        File.Delete(path);
    }

    private static void Check(CheckpointImageException error, int length)
    {
        Assert.InRange(error.Offset, 0, length);
        Assert.Contains(error.Rule, error.Message, StringComparison.Ordinal);
        Assert.NotEqual("", error.Rule);
        Assert.NotEqual(RecordType.None, error.Record);
        Assert.Contains(error.Errno, new[] { Errno.EINVAL, Errno.EPIPE, Errno.EMFILE, Errno.ENOSYS, Errno.EOVERFLOW });
    }

    private static void Inspect(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        try
        {
            foreach (var record in RecordInspector.Enumerate(stream)) _ = string.Join(' ', record.Fields);
        }
        catch (CheckpointImageException error)
        {
            Assert.InRange(error.Offset, 0, bytes.Length);
        }
    }

    private static void ReadEverything(CheckpointImage image)
    {
        foreach (var vma in image.Memory.Vmas)
        {
            var page = new byte[ImageLimits.PageSize];
            for (var i = 0; i < vma.Pages.Count; i++) vma.Pages.CopyPages(i, page);
        }
    }

    private static byte[] Mutate(Random random)
    {
        var bytes = (byte[])s_small.Clone();
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
    private static byte[] FlipBit(byte[] bytes, Random random)
    {
        var record = s_records[random.Next(s_records.Count)];
        var at = Math.Min(bytes.Length - 1, (int)record.Offset + random.Next(RecordHeader.Size + record.Length + 16));
        return bytes.SetRaw(at, (ulong)(bytes[at] ^ (1 << random.Next(8))), 1);
    }

    private static byte[] SetField(byte[] bytes, Random random)
    {
        var record = s_records[random.Next(s_records.Count)];
        var fields = RecordSchema.Find(record.Type)!.Fields;
        var field = fields[random.Next(fields.Count)];
        var size = Math.Min(field.Size, 8);
        var at = record.Offset + RecordHeader.Size + field.Offset;
        var value = s_edges[random.Next(s_edges.Length)];
        if (random.Next(4) == 0) (at, size) = (record.Offset + (random.Next(3) switch { 0 => 0, 1 => 2, _ => 4 }), 2);
        return at + size > bytes.Length ? bytes : bytes.SetRaw(at, value, size);
    }

    private static byte[] Cut(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        return bytes.Splice(at, random.Next(Math.Min(bytes.Length - at, 100)));
    }

    /// <summary>Doubles, drops or moves a whole record.</summary>
    private static byte[] Copy(byte[] bytes, Random random)
    {
        var record = s_records[random.Next(s_records.Count)];
        var target = s_records[random.Next(s_records.Count)].Offset;
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
