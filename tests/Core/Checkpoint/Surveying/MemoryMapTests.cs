using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Surveying;

/// <summary>A map has the regions of its task with the condition of every page, of a live one and of images alike.</summary>
public class MemoryMapTests
{
    [Theory]
    [InlineData("counter")]
    [InlineData("sharedmap")]
    [InlineData("children")]
    [InlineData("twothreads")]
    public void AnImageHasTheMapOfItsTask(string guest)
    {
        using var session = GuestSession.StartAlone(guest).RunTo(20_000);
        using var checkpoint = Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.Extended });
        using var read = Core.Checkpoint.Checkpoint.Read(new MemoryStream(GuestSession.Bytes(checkpoint)), TestContext.Current.CancellationToken);
        foreach (var task in session.Machine.Tasks.Where(static task => task is { HasExited: false, Pid: not 1, AddressSpace: not null }))
        {
            var live = MemoryMap.Of(task)!;
            Assert.Contains(live.Regions, static region => region.Pages.Contains(PageCondition.Dirty));
            foreach (var image in (Core.Checkpoint.Checkpoint[])[checkpoint, read])
            {
                var map = MemoryMap.Of(image, task.Pid, TestContext.Current.CancellationToken);
                Assert.Equal(live.Regions.Select(static region => (region.Start, region.End, region.Permissions, region.Pages.Count)), map.Regions.Select(static region => (region.Start, region.End, region.Permissions, region.Pages.Count)));
                // What is shared is there for all as soon as anybody has touched it, and in a live task once that task has.
                foreach (var (one, other) in live.Regions.Zip(map.Regions).Where(static pair => pair.First.Permissions[3] == 'p')) Assert.Equal(one.Pages, other.Pages);
            }
        }
    }

    [Fact]
    public void SharedPagesAreShared()
    {
        using var session = GuestSession.StartAlone("sharedmap").RunTo(20_000);
        using var checkpoint = Checkpointer.Capture(session.Task, new CaptureOptions { Format = CheckpointFormat.Extended });
        var shared = MemoryMap.Of(checkpoint, session.Task.Pid, TestContext.Current.CancellationToken).Regions.Where(static region => region.Permissions[3] == 's').ToArray();
        Assert.NotEmpty(shared);
        Assert.Contains(shared, static region => region.Pages.Contains(PageCondition.Shared));
        Assert.All(shared, static region => Assert.All(region.Pages, static page => Assert.True(page is PageCondition.Shared or PageCondition.Absent)));
    }

    [Fact]
    public void AV5ImageKnowsWhichPagesItHasAndWhichAreZero()
    {
        using var session = GuestSession.StartAlone("counter").RunTo(300_000);
        using var checkpoint = Checkpointer.Capture(session.Task);
        var map = MemoryMap.Of(checkpoint, session.Task.Pid, TestContext.Current.CancellationToken);
        var page = new byte[ImageLimits.PageSize];
        foreach (var (vma, region) in checkpoint.Image.Memory.Vmas.Zip(map.Regions))
        {
            for (int i = 0; i < region.Pages.Count; i++)
            {
                int index = vma.Pages.IndexOf(region.Start + (uint)(i << 12));
                if (index >= 0) vma.Pages.CopyPages(index, page);
                Assert.Equal(index < 0 ? PageCondition.Absent : page.AsSpan().ContainsAnyExcept((byte)0) ? PageCondition.Stored : PageCondition.Zero, region.Pages[i]);
            }
        }
    }

    [Fact]
    public void RunsAndCoarsePagesTellTheSame()
    {
        PageCondition[] pages = [PageCondition.Dirty, PageCondition.Dirty, PageCondition.Absent, PageCondition.Absent, PageCondition.Zero, PageCondition.Clean, PageCondition.Shared];
        var region = new MappedRegion(0x1000, 0x8000, VmFlags.Read | VmFlags.Exec, null, "x", 0, pages);
        Assert.Equal([(0, 2, PageCondition.Dirty), (4, 1, PageCondition.Zero), (5, 1, PageCondition.Clean), (6, 1, PageCondition.Shared)], region.Runs());
        Assert.Equal([PageCondition.Dirty, PageCondition.Absent, PageCondition.Zero, PageCondition.Shared], region.Coarse(2).Pages);
        Assert.Equal("r-xp", region.Permissions);
    }
}
