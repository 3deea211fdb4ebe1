using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Memory;

public sealed class AddressSpaceTests : IDisposable
{
    const VmFlags ReadWrite = VmFlags.Read | VmFlags.Write | VmFlags.May;
    readonly MemoryAccount account = new(4096);
    readonly AddressSpace space;

    public AddressSpaceTests() => space = new AddressSpace(account);

    public void Dispose()
    {
        if (!space.IsDisposed) space.Dispose();
        Assert.Equal(0, account.Used);
        account.Dispose();
    }

    uint Map(uint address, uint pages, VmFlags flags = ReadWrite)
    {
        Assert.Equal(Errno.None, space.Map(address, pages << 12, flags, isFixed: address != 0, null, 0, out uint mapped));
        return mapped;
    }

    [Fact]
    public void UntouchedMemoryReadsAsZeroAndCostsNoFrame()
    {
        uint at = Map(0, 100);
        Assert.True(space.TryRead(at + 5000, out ulong value));
        Assert.Equal(0ul, value);
        Assert.Equal(0, account.Used);
        Assert.Equal(PageState.Present, space.GetPageState((at + 5000) >> 12));
        Assert.True(space.TryWrite(at + 5000, 7));
        Assert.Equal(1, account.Used);
        Assert.True(space.GetPageState((at + 5000) >> 12).HasFlag(PageState.Private | PageState.Dirty));
    }

    [Fact]
    public void AddressesAreChosenDownwardsFromTheMmapBase()
    {
        uint first = Map(0, 4), second = Map(0, 2);
        Assert.Equal(space.MmapBase - 0x4000, first);
        Assert.Equal(first - 0x2000, second);
        Assert.Single(space.Regions);
        Assert.Equal(Errno.None, space.Unmap(first + 0x1000, 0x1000));
        Assert.Equal(first + 0x1000, Map(0, 1));
        Assert.Equal(0x20000000u, HintedMap(0x20000000));
        Assert.NotEqual(0x20000000u, HintedMap(0x20000000));
    }

    uint HintedMap(uint hint)
    {
        Assert.Equal(Errno.None, space.Map(hint, 0x1000, ReadWrite, isFixed: false, null, 0, out uint mapped));
        return mapped;
    }

    [Fact]
    public void ProtectSplitsAndMergesAsLinuxDoes()
    {
        uint at = Map(0x10000000, 10);
        Assert.Equal(Errno.None, space.Protect(at + 0x3000, 0x2000, VmFlags.Read));
        Assert.Equal([(at, at + 0x3000), (at + 0x3000, at + 0x5000), (at + 0x5000, at + 0xA000)], space.Regions.Select(vma => (vma.Start, vma.End)));
        Assert.False(space.TryWrite(at + 0x3000, 1));
        Assert.Equal(new PageFault(at + 0x3000, AccessKind.Write, FaultKind.Protection), space.LastFault);
        Assert.Equal(Errno.None, space.Protect(at + 0x3000, 0x2000, VmFlags.Read | VmFlags.Write));
        Assert.Single(space.Regions);
        Assert.Equal(Errno.ENOMEM, space.Protect(at + 0x8000, 0x5000, VmFlags.Read));
        Assert.Equal(VmFlags.Read, space.Regions[1].Flags & VmFlags.Protection);
    }

    [Fact]
    public void MemoryThatMayNotBeWrittenIsRefusedWithEacces()
    {
        uint at = Map(0x10000000, 1, VmFlags.Read | VmFlags.MayRead);
        Assert.Equal(Errno.EACCES, space.Protect(at, 0x1000, VmFlags.Read | VmFlags.Write));
    }

    [Fact]
    public void AStackGrowsToItsLimitAndKeepsTheGuardGap()
    {
        space.StackLimit = 1 << 20;
        uint top = 0xBFFF0000;
        Map(top - 0x1000, 1, ReadWrite | VmFlags.GrowsDown);
        Assert.True(space.TryWrite(top - 0x80000, 1));
        Assert.Equal(top - 0x80000, space.Regions[0].Start);
        Assert.False(space.TryWrite(top - 0x180000, 1));
        Assert.Equal(FaultKind.NotMapped, space.LastFault.Kind);
        Map(top - 0x180000, 1);
        Assert.False(space.TryWrite(top - 0x90000, 1));
        Assert.True(space.TryWrite(top - 0x80000, 2));
    }

    [Fact]
    public void ACloneSharesFramesUntilOneSideWrites()
    {
        uint at = Map(0x10000000, 8);
        for (uint page = 0; page < 8; page++) Assert.True(space.TryWrite(at + (page << 12), page + 1));
        using (var copy = space.Clone(forFork: true))
        {
            Assert.Equal(8, account.Used);
            Assert.True(space.TryWrite(at, 100));
            Assert.True(copy.TryWrite(at + 0x1000, 200));
            Assert.Equal(10, account.Used);
            Assert.True(copy.TryRead(at, out int there));
            Assert.True(space.TryRead(at + 0x1000, out int here));
            Assert.Equal((1, 2), (there, here));
        }
        Assert.Equal(8, account.Used);
        Assert.True(space.TryWrite(at + 0x7000, 1));
        Assert.Equal(8, account.Used);
    }

    [Fact]
    public void WithoutMemoryTheFaultSaysSoAndNothingIsLost()
    {
        uint at = Map(0x10000000, 5000);
        uint page = 0;
        while (space.TryWrite(at + (page << 12), page)) page++;
        Assert.Equal(4096u - (uint)account.Tables, page);
        Assert.Equal(FaultKind.OutOfMemory, space.LastFault.Kind);
        Assert.True(space.TryRead(at + (77 << 12), out uint value));
        Assert.Equal(77u, value);
    }

    [Fact]
    public void CodeIsReportedBeforeItChanges()
    {
        var observer = new Observer();
        space.CodeObserver = observer;
        uint at = Map(0x10000000, 4, ReadWrite | VmFlags.Exec);
        Assert.True(space.TryWrite(at, 0xC3));
        Assert.NotEqual(0, space.ResolveFetch(at));
        space.MarkCode(at >> 12);
        Assert.True(space.TryWrite(at + 8, 1));
        Assert.True(space.TryWrite(at + 12, 1));
        Assert.Equal([at >> 12], observer.Changed);
        space.MarkCode(at >> 12);
        Assert.Equal(Errno.None, space.Protect(at, 0x1000, VmFlags.Read));
        Assert.Equal([at >> 12, at >> 12], observer.Changed);
        Assert.Equal(0, space.ResolveFetch(at));
        Assert.Equal(FaultKind.Protection, space.LastFault.Kind);
    }

    [Fact]
    public void SharedMemoryIsOneForAllAndFreedWithTheLastRegion()
    {
        var memory = new SharedMemory(account, 4);
        Assert.Equal(Errno.None, space.Map(0, 0x4000, ReadWrite | VmFlags.Shared | VmFlags.MayShare, isFixed: false, memory, 0, out uint at));
        using (var child = space.Clone(forFork: true))
        {
            Assert.True(child.TryWrite(at + 0x2000, 42));
            Assert.True(space.TryRead(at + 0x2000, out int value));
            Assert.Equal(42, value);
            Assert.Equal(Errno.None, space.Unmap(at, 0x4000));
            Assert.Equal(1, account.Used);
        }
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void PeekFaultsNothingInAndPokeWritesThroughProtection()
    {
        uint at = Map(0x10000000, 2, VmFlags.Read | VmFlags.May);
        Span<byte> bytes = stackalloc byte[16];
        Assert.Equal(16, space.Peek(at + 100, bytes));
        Assert.Equal(PageState.None, space.GetPageState(at >> 12));
        Assert.True(space.Poke(at + 0xFFC, [1, 2, 3, 4, 5, 6]));
        Assert.Equal(6, space.Peek(at + 0xFFC, bytes[..6]));
        Assert.Equal([1, 2, 3, 4, 5, 6], bytes[..6].ToArray());
        Assert.False(space.TryWrite(at, 1));
        Assert.False(space.Poke(at + 0x1FFE, [1, 2, 3, 4]));
    }

    [Fact]
    public void AMovedMappingKeepsItsPages()
    {
        uint at = Map(0x10000000, 4);
        Assert.True(space.TryWrite(at + 0x3000, 9));
        Map(at + 0x4000, 1, VmFlags.Read | VmFlags.May);
        Assert.Equal(Errno.ENOMEM, space.Remap(at, 0x4000, 0x8000, RemapFlags.None, 0, out _));
        Assert.Equal(Errno.None, space.Remap(at, 0x4000, 0x8000, RemapFlags.MayMove, 0, out uint moved));
        Assert.NotEqual(at, moved);
        Assert.True(space.TryRead(moved + 0x3000, out int value));
        Assert.Equal(9, value);
        Assert.Null(space.FindRegion(at));
        Assert.Equal(Errno.None, space.Remap(moved, 0x8000, 0x1000, RemapFlags.None, 0, out _));
        Assert.Equal(0, account.Used);
    }

    [Fact]
    public void TheEndOfASpaceIsToldOnce()
    {
        var observer = new Observer();
        var ended = new AddressSpace(account) { CodeObserver = observer };
        Assert.Equal(Errno.None, ended.Map(0x10000, 0x2000, VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May, isFixed: true, null, 0, out _));
        Assert.True(ended.Clear(0x10000, 0x2000));
        ended.MarkCode(0x10);
        ended.Dispose();
        ended.Dispose();
        Assert.Equal(1, observer.Ends);
        Assert.Empty(observer.Changed);
        Assert.Equal(0, account.Used);
    }

    sealed class Observer : ICodeObserver
    {
        public List<uint> Changed { get; } = [];

        public void CodeChanged(uint page) => Changed.Add(page);

        public int Ends { get; private set; }

        public void SpaceEnded() => Ends++;
    }
}
