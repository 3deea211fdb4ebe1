using CheckpointRestart.Core.Image;
using FsCheck.Xunit;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

public class SegmentDescriptorTests
{
    [Fact]
    public void AFlatDataSegmentIsTheOneOfTheManual()
    {
        var flat = new SegmentDescriptor(0x00cf_f300_0000_ffff);
        Assert.Equal(flat, SegmentDescriptor.Create(0, 0xf_ffff, type: 3));
        Assert.Equal(uint.MaxValue, flat.Limit);
        Assert.True(flat is { IsUserSegment: true, Present: true, PrivilegeLevel: 3, Big: true, Granular: true, IsCode: false, WritableOrReadable: true });
    }

    [RepeatableProperty]
    public void D8_NoBitOfBaseAndLimitIsLost(uint start, uint limit, bool granular)
    {
        var descriptor = SegmentDescriptor.Create(start, limit & 0xf_ffff, type: 3, granular: granular);
        Assert.Equal(start, descriptor.Base);
        Assert.Equal(limit & 0xf_ffff, descriptor.RawLimit);
        Assert.Equal(granular ? ((limit & 0xf_ffff) << 12) | 0xfff : limit & 0xf_ffff, descriptor.Limit);
    }
}
