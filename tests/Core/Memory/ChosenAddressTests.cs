using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Memory;

/// <summary>Where a region comes to lie that may lie anywhere: in the highest gap below the base that is long enough, whatever was mapped and unmapped before.</summary>
public sealed class ChosenAddressTests
{
    const uint Page = 4096;
    const VmFlags Plain = VmFlags.Read | VmFlags.Write | VmFlags.May;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void IsTheHighestGapThatFits(int seed)
    {
        var random = new Random(seed);
        using var account = new MemoryAccount(10_000);
        using var space = new AddressSpace(account);
        for (int step = 0; step < 6000; step++)
        {
            uint near = space.MmapBase - (uint)random.Next(1, 3000) * Page, length = (uint)random.Next(1, random.Next(2) == 0 ? 4 : 60) * Page;
            switch (random.Next(8))
            {
                case 0 or 1:
                    Assert.Equal(Errno.None, space.Unmap(near, length));
                    break;
                case 2 when space.Regions is { Count: > 0 } regions:
                    var region = regions[random.Next(regions.Count)];
                    Assert.Equal(Errno.None, space.Unmap(region.Start, region.Length));
                    break;
                case 3:
                    space.Map(near, Page, Plain | (random.Next(4) == 0 ? VmFlags.GrowsDown : 0), isFixed: true, null, 0, out _);
                    break;
                case 4:
                    space.Protect(near, length, VmFlags.Read);
                    break;
                default:
                    uint expected = Highest(space, length);
                    // Of two kinds, so that neighbours do not join.
                    Assert.Equal(Errno.None, space.Map(0, length, random.Next(2) == 0 ? Plain : Plain & ~VmFlags.Write, isFixed: false, null, 0, out uint chosen));
                    Assert.Equal(expected, chosen);
                    break;
            }
        }
        space.UnmapAll();
    }

    /// <summary>By looking at every gap.</summary>
    static uint Highest(AddressSpace space, uint length)
    {
        const uint guard = 256 * Page;
        uint best = 0, floor = AddressSpace.MinimumAddress;
        foreach (var region in space.Regions)
        {
            uint ceiling = Math.Min(space.MmapBase, (region.Flags & VmFlags.GrowsDown) != 0 ? region.Start - guard : region.Start);
            if (ceiling > floor && ceiling - floor >= length) best = ceiling - length;
            floor = region.End;
        }
        if (space.MmapBase > floor && space.MmapBase - floor >= length) best = space.MmapBase - length;
        return best;
    }
}
