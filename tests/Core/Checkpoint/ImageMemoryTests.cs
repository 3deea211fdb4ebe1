using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Debugging;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Taken = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>Bytes of an image, wherever they begin and however many, are those that the task had: whole groups of pages and parts of them, holes, and what a parent has.</summary>
public sealed class ImageMemoryTests : IDisposable
{
    const int Reads = 300;

    readonly string folder = Directory.CreateTempSubdirectory("cr-memory-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("memory", CheckpointFormat.Extended)]
    [InlineData("file", CheckpointFormat.Extended)]
    [InlineData("stream", CheckpointFormat.Extended)]
    [InlineData("increment", CheckpointFormat.Extended)]
    [InlineData("file", CheckpointFormat.V5)]
    [InlineData("stream", CheckpointFormat.V5)]
    public void BytesAreThoseOfTheTask(string from, CheckpointFormat format)
    {
        using var session = GuestSession.StartAlone("toucher", "1500", "0", "holes");
        using var parent = TakeAt(60_000);
        Checkpointer.Write(parent, Path.Combine(folder, "0.cr"));
        using var taken = TakeAt(90_000);
        string path = Path.Combine(folder, "1.cr");
        Checkpointer.Write(taken, path, new WriteOptions { Parent = from == "increment" ? parent : null });
        using var opened = from == "stream" ? Taken.Read(new MemoryStream(File.ReadAllBytes(path))) : Taken.Open(path);
        var image = from == "memory" ? taken : opened;
        Assert.True(from != "increment" || image.PagesInherited > 256, "more than a group of pages is the parent's");

        var live = new LiveTarget(session.Task);
        using var saved = new ImageTarget(image, session.Task.Pid, new RootOptions { HostProgram = GuestFiles.Program("toucher") });
        var regions = session.Task.AddressSpace!.Regions.Select(static region => (region.Start, Size: region.End - region.Start)).ToArray();
        var largest = regions.MaxBy(static region => region.Size);
        var random = new Random(5);
        var (theirs, ours) = (new byte[(int)largest.Size + 1], new byte[(int)largest.Size + 1]);
        for (int i = 0; i < Reads; i++)
        {
            var (start, size) = i % 2 == 0 ? largest : regions[random.Next(regions.Length)];
            uint address = start + (uint)random.NextInt64(size);
            int length = random.Next(4) switch { 0 => random.Next(1, 9000), 1 => 4096 * random.Next(1, 40), 2 => random.Next(1, 3 << 20), _ => theirs.Length };
            if (random.Next(2) == 0) address &= ~0xFFFu;
            length = Math.Min(length, theirs.Length);
            int read = saved.Read(address, ours.AsSpan(0, length));
            Assert.Equal(live.Read(address, theirs.AsSpan(0, length)), read);
            Assert.True(theirs.AsSpan(0, read).SequenceEqual(ours.AsSpan(0, read)), $"{length} bytes at {address:x8}, of {read}");
        }

        Taken TakeAt(ulong instruction)
        {
            session.RunTo(instruction);
            return Checkpointer.Capture(session.Task, new CaptureOptions { Format = format });
        }
    }

    [Fact]
    public void AnImagesTaskIsMadeOutOfItsObjectsOnce()
    {
        using var session = GuestSession.StartAlone("toucher", "10", "0").RunTo(20_000);
        using var taken = Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.Extended });
        var views = new CheckpointImage[8];
        Parallel.For(0, views.Length, i => views[i] = taken.ViewOf(session.Task.Pid));
        Assert.All(views, view => Assert.Same(taken.Image, view));
    }

    [Fact]
    public void NothingIsReadOfAnImageThatWasDisposed()
    {
        using var session = GuestSession.StartAlone("toucher", "1500", "0").RunTo(90_000);
        string path = Path.Combine(folder, "0.cr");
        using (var taken = Checkpointer.Capture(session.Task)) Checkpointer.Write(taken, path);
        var opened = Taken.Open(path);
        var memory = new ImageMemory(opened.ViewOf(session.Task.Pid), null);
        var region = session.Task.AddressSpace!.Regions.MaxBy(static region => region.End - region.Start)!;
        var bytes = new byte[3 << 20];
        Assert.Equal(bytes.Length, memory.Read(region.Start, bytes));
        opened.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { memory.Read(region.Start, bytes); });
    }
}
