using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>An image cut anywhere is refused with EPIPE at the place where it is cut, by every way in.</summary>
public sealed class TruncationTests : IDisposable
{
    private static readonly byte[] s_small = Samples.Bytes(Samples.Small());
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void D2_EveryLengthOfASmallImageIsRefused()
    {
        var records = Patch.Records(s_small);
        for (var length = 0; length < s_small.Length; length++)
        {
            var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small[..length]));
            Assert.Equal(Errno.EPIPE, error.Errno);
            var last = records.Last(record => record.Offset <= length);
            var inRaw = length >= last.Offset + RecordHeader.Size + last.Length && length < last.Offset + RecordHeader.Size + last.Length + last.RawLength;
            Assert.Equal((last.Type, inRaw ? length : last.Offset), (error.Record, error.Offset));
        }
    }

    [Fact]
    public void AFileAndAPipeAgreeOnEveryEdge()
    {
        foreach (var edge in Edges())
        {
            foreach (var length in new[] { edge - 1, edge, edge + 1 })
            {
                if (length < 0 || length >= s_small.Length) continue;
                var cut = s_small[..(int)length];
                var expected = Assert.Throws<CheckpointImageException>(() => Samples.Read(cut));
                File.WriteAllBytes(_path, cut);
                Assert.Equal(expected.Message, Assert.Throws<CheckpointImageException>(() => ImageFile.Open(_path)).Message);
                using var pipe = new PipeLikeStream(cut);
                Assert.Equal(expected.Message, Assert.Throws<CheckpointImageException>(() => ImageReader.Read(pipe)).Message);
            }
        }
    }

    [Fact]
    public void TheInspectorGivesEveryRecordUpToTheCut()
    {
        var records = Patch.Records(s_small);
        foreach (var edge in Edges())
        {
            var found = new List<ImageRecord>();
            using var stream = new MemoryStream(s_small[..(int)edge]);
            var error = Record.Exception(() =>
            {
                foreach (var record in RecordInspector.Enumerate(stream)) found.Add(record);
            });
            Assert.Equal(edge < s_small.Length, error is CheckpointImageException { Errno: Errno.EPIPE });
            // A record whose payload or raw bytes are missing is still shown.
            Assert.Equal(records.Where(record => record.Offset + RecordHeader.Size <= edge).Select(record => record.Offset), found.Select(record => record.Offset));
        }
    }

    [Fact]
    public void AFileCutShortWhileOpenIsAnErrorOfThePage()
    {
        File.WriteAllBytes(_path, s_small);
        using var image = ImageFile.Open(_path);
        var page = new byte[ImageLimits.PageSize];
        image.Memory.Vmas[1].Pages.CopyPages(2, page);
        using (var file = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(1000);
        var error = Assert.Throws<CheckpointImageException>(() => image.Memory.Vmas[1].Pages.CopyPages(2, page));
        Assert.Equal((RecordType.PageArray, Patch.RawOffset(s_small, RecordType.PageArray, 1) + 12 + (2 * 4096), Errno.EPIPE), (error.Record, error.Offset, error.Errno));
    }

    private static IEnumerable<long> Edges() =>
        Patch.Records(s_small).SelectMany(record => new[] { record.Offset, record.Offset + RecordHeader.Size, record.Offset + RecordHeader.Size + record.Length }).Append(s_small.Length).Distinct();
}
