using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Memory follows the bytes that an image has, never the numbers that it claims.</summary>
public class AllocationTests
{
    private const long Constant = 128 * 1024;

    // The first region spans all of user space, so that any number of pages is believable.
    private static readonly byte[] s_small = Samples.Bytes(Samples.Small())
        .Set(RecordType.Vma, "vm_start", 0).Set(RecordType.Vma, "vm_end", 0xc000_0000).Set(RecordType.Vma, "vm_pgoff", 0);

    [Theory]
    [InlineData(RecordType.Mm, "map_count", 0x7fff_ffff)]
    [InlineData(RecordType.PageArray, "nr_pages", 2)]
    [InlineData(RecordType.PageArray, "nr_pages", 786432)]
    [InlineData(RecordType.PageArray, "nr_pages", ulong.MaxValue)]
    [InlineData(RecordType.MmContext, "nldt", 8192)]
    [InlineData(RecordType.Files, "nfds", 1048576)]
    [InlineData(RecordType.Task, "task_comm_len", 4096)]
    public void AClaimCostsNothing(RecordType type, string field, ulong value)
    {
        // Nothing follows the claim.
        var bytes = s_small.Set(type, field, value)[..((int)Patch.Offset(s_small, type) + RecordHeader.Size + RecordSchema.Find(type)!.Size)];
        Assert.InRange(Allocated(bytes), 0, bytes.Length + Constant);
    }

    [Fact]
    public void AddressesWithoutPagesCostWhatTheyAre()
    {
        var claim = s_small.Set(RecordType.PageArray, "nr_pages", 700_000);
        var addresses = new byte[4 * 600_000];
        for (var i = 0; i < 600_000; i++) BitConverter.TryWriteBytes(addresses.AsSpan(4 * i), i * 4096u);
        byte[] bytes = [.. claim[..(int)Patch.RawOffset(s_small, RecordType.PageArray)], .. addresses];
        Assert.InRange(Allocated(bytes), 0, bytes.Length + Constant);
    }

    [Fact]
    public void PagesInMemoryCostWhatTheyAre()
    {
        uint[] pages = [.. Enumerable.Range(0, 3000).Select(page => 0x1000_0000 + ((uint)page * 4096))];
        var bytes = Samples.Bytes(OneRegion(new Pages(pages, 0), 0x1000_0000, 0x2000_0000));
        Assert.InRange(Allocated(bytes), 0, bytes.Length + Constant);
    }

    [Fact]
    public void PagesInAFileCostNothing()
    {
        uint[] pages = [.. Enumerable.Range(0, 3000).Select(page => 0x1000_0000 + ((uint)page * 4096))];
        var path = Path.GetTempFileName();
        ImageFile.Save(OneRegion(new Pages(pages, 0), 0x1000_0000, 0x2000_0000), path, overwrite: true);
        using (ImageFile.Open(path)) { }
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (ImageFile.Open(path)) { }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Constant);
        File.Delete(path);
    }

    [Fact]
    public void AnImageOfSmallThingsCostsAFewTimesItsSize()
    {
        var small = Samples.Small();
        var vmas = Enumerable.Range(0, 5000).Select(i => new SavedVma
        {
            Record = new VmaRecord { Kind = VmaKind.Anonymous, Start = 4096 * (ulong)(i + 1), End = 4096 * (ulong)(i + 2) },
        });
        var file = small.Files.Descriptors[0].File;
        var descriptors = Enumerable.Range(0, 5000).Select(i => new SavedDescriptor(5000 - i, false, file));
        var memory = new SavedMemory { Layout = small.Memory.Layout, Vmas = [.. vmas] };
        var bytes = Samples.Bytes(Samples.With(small, memory: memory, files: new SavedFiles { Descriptors = [.. descriptors] }));
        Assert.InRange(Allocated(bytes), 0, (4 * bytes.Length) + Constant);
    }

    internal static CheckpointImage OneRegion(PageSet pages, uint start, uint end)
    {
        var small = Samples.Small();
        var vma = new SavedVma { Record = new VmaRecord { Kind = VmaKind.Anonymous, Start = start, End = end, Flags = Samples.Data }, Pages = pages };
        return Samples.With(small, memory: new SavedMemory { Layout = small.Memory.Layout, Vmas = [vma] });
    }

    private static long Allocated(byte[] bytes)
    {
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        return GC.GetAllocatedBytesForCurrentThread() - before;

        void Run()
        {
            using var stream = new MemoryStream(bytes);
            try
            {
                ImageReader.Read(stream);
            }
            catch (CheckpointImageException)
            {
                // Refused or not: what counts is the price.
            }
        }
    }
}
