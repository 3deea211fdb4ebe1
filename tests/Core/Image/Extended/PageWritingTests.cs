using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image.Extended;

/// <summary>Pages of Extended images, as they are and packed: what is written is read, and no byte of theirs can change unseen.</summary>
public class PageWritingTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(1, null)]
    [InlineData(255, 1)]
    [InlineData(256, null)]
    [InlineData(3000, null)]
    [InlineData(3000, 1)]
    [InlineData(3000, 3)]
    public void PagesComeBack(int count, int? level)
    {
        var pages = new RandomPages(count, count);
        byte[] bytes = Write(pages, level);
        Assert.Equal(bytes, Write(pages, level));
        using var image = ExtendedReader.Read(new MemoryStream(bytes));
        Compare(pages, image.Pages);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            using var opened = ExtendedReader.Open(path);
            Compare(pages, opened.Pages);
            using var again = new MemoryStream();
            ExtendedWriter.Write(opened, again, new ExtendedWriterOptions { Compression = level });
            Assert.Equal(bytes, again.ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public void EveryChangedByteIsFound(int? level)
    {
        var pages = new RandomPages(40, 5);
        byte[] bytes = Write(pages, level);
        var random = new Random(7);
        for (int i = 0; i < 400; i++)
        {
            int at = i < 100 ? i * bytes.Length / 100 : random.Next(bytes.Length);
            byte[] changed = [.. bytes];
            changed[at] ^= (byte)(1 << random.Next(8));
            // What fills the space up to a page is nobody's.
            if (IsPadding(bytes, at)) continue;
            Assert.Throws<CheckpointImageException>(() => ExtendedReader.Read(new MemoryStream(changed)).Dispose());
        }
    }

    [Fact]
    public void AFailureOfThePagesEndsTheWriting()
    {
        var pages = new RandomPages(3000, 1) { Bad = 2222 };
        Assert.Throws<IOException>(() => Write(pages, null));
        Assert.Throws<IOException>(() => Write(pages, 1));
    }

    static bool IsPadding(byte[] bytes, int at)
    {
        int from = at, to = at;
        while (from > 0 && bytes[from - 1] == 0) from--;
        while (to < bytes.Length && bytes[to] == 0) to++;
        return to - from > 64;
    }

    static byte[] Write(ImagePages pages, int? level)
    {
        using var stream = new MemoryStream();
        var head = HeadRecord.Create(6, 1, 0, 0, "6.1.0", "#1", "i686");
        head.Revision = ExtendedLimits.Revision;
        using var image = new ExtendedImage(["thing"], [new ExtendedObject { Number = 1, Kind = "thing", Bytes = ReadOnlyMemory<byte>.Empty }], pages) { Head = head };
        Assert.Equal(ExtendedWriter.Write(image, stream, new ExtendedWriterOptions { Compression = level }), stream.Length);
        return stream.ToArray();
    }

    static void Compare(ImagePages expected, ImagePages actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        byte[] one = new byte[ExtendedLimits.PageSize], other = new byte[ExtendedLimits.PageSize];
        for (int page = 0; page < expected.Count; page++)
        {
            expected.CopyTo(page, one);
            actual.CopyTo(page, other);
            Assert.True(one.AsSpan().SequenceEqual(other), $"page {page} differs");
        }
    }

    /// <summary>Zeros, noise, and what packs well.</summary>
    sealed class RandomPages(int count, int seed) : ImagePages
    {
        public int Bad { get; init; } = -1;

        public override int Count => count;

        public override void CopyTo(int page, Span<byte> destination)
        {
            if (page == Bad) throw new IOException("this page cannot be read");
            var random = new Random(seed * 10007 + page);
            destination.Clear();
            switch (random.Next(3))
            {
                case 0: random.NextBytes(destination); break;
                case 1: destination.Fill((byte)random.Next(1, 256)); break;
            }
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
