using CheckpointRestart.Core.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Ten thousand broken images: each is read as valid or refused with record, offset and rule; nothing else is thrown.</summary>
public class MutationTests
{
    private static readonly byte[] s_small = Samples.Bytes(Samples.Small());
    private static readonly Mutator s_mutator = new(s_small);

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
            var bytes = s_mutator.Mutate(random);
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
            var bytes = s_mutator.Mutate(random);
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

    internal static void Check(CheckpointImageException error, int length)
    {
        Assert.InRange(error.Offset, 0, length);
        Assert.Contains(error.Rule, error.Message, StringComparison.Ordinal);
        Assert.NotEqual("", error.Rule);
        Assert.NotEqual(RecordType.None, error.Record);
        Assert.Contains(error.Errno, new[] { Errno.EINVAL, Errno.EPIPE, Errno.EMFILE, Errno.ENOSYS, Errno.EOVERFLOW });
    }

    internal static void Inspect(byte[] bytes)
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

    internal static void ReadEverything(CheckpointImage image)
    {
        foreach (var vma in image.Memory.Vmas)
        {
            var page = new byte[ImageLimits.PageSize];
            for (var i = 0; i < vma.Pages.Count; i++) vma.Pages.CopyPages(i, page);
        }
    }
}
