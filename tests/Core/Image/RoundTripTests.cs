using CheckpointRestart.Core.Image;
using FsCheck.Xunit;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

[Properties(Arbitrary = [typeof(Models)], MaxTest = 100)]
public class RoundTripTests
{
    [RepeatableProperty]
    public void AModelReadsBackEqual(CheckpointImage image) => Equality.Check(image, Samples.Read(Samples.Bytes(image)));

    [RepeatableProperty]
    public void AnImageWritesBackToTheSameBytes(CheckpointImage image)
    {
        var bytes = Samples.Bytes(image);
        Equality.Check(bytes, Samples.Bytes(Samples.Read(bytes)));
    }

    [RepeatableProperty]
    public void MeasureSaysHowManyBytesThereWillBe(CheckpointImage image) =>
        Assert.Equal(Samples.Bytes(image).Length, ImageWriter.Measure(image));

    [RepeatableProperty]
    public void APipeGivesWhatAFileGives(CheckpointImage image)
    {
        var bytes = Samples.Bytes(image);
        using var pipe = new PipeLikeStream(bytes, step: 911);
        Equality.Check(image, ImageReader.Read(pipe));
        Assert.Equal(0, pipe.Left);
    }

    [RepeatableProperty]
    public void AFileLeavesPagesWhereTheyAre(CheckpointImage image)
    {
        var path = Path.GetTempFileName();
        try
        {
            ImageFile.Save(image, path, overwrite: true);
            using var opened = ImageFile.Open(path);
            Equality.Check(image, opened);
            Assert.Empty(opened.Warnings);
            Assert.Equal(path, opened.Path);
            Equality.Check(File.ReadAllBytes(path), Samples.Bytes(opened));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [RepeatableProperty]
    public void TheInspectorSeesTheSameRecordsInModelAndBytes(CheckpointImage image)
    {
        var expected = RecordInspector.Enumerate(image);
        var found = Patch.Records(Samples.Bytes(image));
        Assert.Equal(expected.Select(Describe), found.Select(Describe));

        static string Describe(ImageRecord record) =>
            $"{record.Offset} {record.Type} {record.Length} {record.Parent} {record.RawLength} {Convert.ToHexString(record.Payload.Span)} {string.Join(',', record.PageAddresses)} {string.Join(',', record.Descriptors)}";
    }
}

/// <summary>Compares two models by contents.</summary>
internal static class Equality
{
    internal static void Check(CheckpointImage expected, CheckpointImage actual)
    {
        Assert.Equal(expected.Head, actual.Head);
        Assert.Equal(expected.ProcessId, actual.ProcessId);
        Assert.Equal(expected.Task.CommBytes, actual.Task.CommBytes);
        Assert.Equal((expected.Task.State, expected.Task.ExitState, expected.Task.ExitCode, expected.Task.ExitSignal), (actual.Task.State, actual.Task.ExitState, actual.Task.ExitCode, actual.Task.ExitSignal));
        var layout = expected.Memory.Layout;
        layout.MapCount = expected.Memory.Vmas.Count;
        Assert.Equal(layout, actual.Memory.Layout);
        Assert.Equal(expected.Memory.Ldt, actual.Memory.Ldt);
        Assert.Equal(expected.Memory.Vmas.Count, actual.Memory.Vmas.Count);
        foreach (var (one, other) in expected.Memory.Vmas.Zip(actual.Memory.Vmas)) Check(one, other);
        Check(expected.Files.Descriptors, actual.Files.Descriptors);
        Assert.Equal(expected.Thread.Tls, actual.Thread.Tls);
        Assert.Equal(expected.Cpu, actual.Cpu);
    }

    internal static void Check(byte[] expected, byte[] actual) =>
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"bytes differ from offset {expected.AsSpan().CommonPrefixLength(actual)} of {expected.Length} and {actual.Length}");

    private static void Check(SavedVma expected, SavedVma actual)
    {
        Assert.Equal(expected.Record, actual.Record);
        Assert.Equal(expected.File, actual.File);
        Check(Contents(expected.Pages), Contents(actual.Pages));
        for (var i = 0; i < actual.Pages.Count; i++)
        {
            Assert.Equal(expected.Pages.AddressOf(i), actual.Pages.AddressOf(i));
            Assert.Equal(i, actual.Pages.IndexOf(actual.Pages.AddressOf(i)));
        }
        Assert.Equal(-1, actual.Pages.IndexOf(actual.End));
    }

    private static byte[] Contents(PageSet pages)
    {
        var all = new byte[pages.Count * ImageLimits.PageSize];
        pages.CopyPages(0, all);
        return all;
    }

    private static void Check(IReadOnlyList<SavedDescriptor> expected, IReadOnlyList<SavedDescriptor> actual)
    {
        Assert.Equal(expected.Select(one => (one.Number, one.CloseOnExec, one.File.ObjectReference)), actual.Select(one => (one.Number, one.CloseOnExec, one.File.ObjectReference)));
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal((one.File.Kind, one.File.Mode, one.File.Flags, one.File.Position, one.File.Version, one.File.Name), (other.File.Kind, other.File.Mode, other.File.Flags, other.File.Position, other.File.Version, other.File.Name));
            Assert.Same(actual.First(first => first.File.ObjectReference == other.File.ObjectReference).File, other.File);
        }
    }
}
