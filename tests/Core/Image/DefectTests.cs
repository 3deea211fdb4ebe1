using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Defects of the original (reference, section 6) that a reader or writer of images could have. D2 is in TruncationTests, D8 in SegmentDescriptorTests.</summary>
public class DefectTests
{
    private static readonly byte[] s_small = Samples.Bytes(Samples.Small());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void D1_TheTlsArrayIsAlwaysConsumed(ushort claimed)
    {
        var none = Samples.Bytes(Samples.With(Samples.Small(), thread: new SavedThread(default, default, default)));
        Assert.Equal(s_small.Length, none.Length);
        Assert.Equal(0, Patch.Records(none).Single(record => record.Type == RecordType.Thread).Fields.Single(field => field.Name == "ntls").Value is short used ? used : -1);
        Assert.All(Samples.Read(none.Set(RecordType.Thread, "ntls", claimed)).Thread.Tls, entry => Assert.True(entry.IsEmpty));
        Assert.Equal(Samples.Tls, Samples.Read(s_small.Set(RecordType.Thread, "ntls", claimed)).Thread.Tls[0]);
    }

    [Fact]
    public void D3_AllOfTheProcessorStateIsCarried()
    {
        Assert.Equal(Enumerable.Range(0, 512).Select(value => (byte)value), Samples.Read(s_small).Cpu.FxSave.AsSpan().ToArray());
        Assert.Equal(Enumerable.Range(0, 512).Select(value => (byte)value), s_small[^528..^16]);
    }

    [Theory]
    [InlineData(4095, "4095 0")]
    [InlineData(4096, "4096 0")]
    [InlineData(4097, "4096 1 0")]
    [InlineData(8200, "4096 4096 8 0")]
    public void D4_EachChunkCountsItsOwnPages(int count, string expected)
    {
        uint[] addresses = [.. Enumerable.Range(0, count).Select(page => 0x1000_0000 + ((uint)page * 8192))];
        var image = AllocationTests.OneRegion(new Pages(addresses, 3), 0x1000_0000, 0x2000_0000);
        var bytes = Samples.Bytes(image);
        var chunks = Patch.Records(bytes).Where(record => record.Type == RecordType.PageArray).Select(record => record.Fields[0].Value);
        Assert.Equal(expected, string.Join(' ', chunks));
        Equality.Check(image, Samples.Read(bytes));
    }

    [Fact]
    public void D4_ARegionMayHaveChunksOfAnySize()
    {
        var image = Samples.Small();
        var at = Patch.RawOffset(s_small, RecordType.PageArray, 1);
        var raw = s_small.AsSpan((int)at, 3 * 4100);
        byte[] head = [203, 0, 8, 0, 0, 0, 0, 0];
        byte[] split =
        [
            .. s_small[..(int)(at - 16)],
            .. head, 2, 0, 0, 0, 0, 0, 0, 0, .. raw[..8], .. raw.Slice(12, 2 * 4096),
            .. head, 1, 0, 0, 0, 0, 0, 0, 0, .. raw.Slice(8, 4), .. raw[(12 + (2 * 4096))..],
            .. s_small[(int)(at + (3 * 4100))..],
        ];
        Equality.Check(image, Samples.Read(split));
        Equality.Check(s_small, Samples.Bytes(Samples.Read(split)));
    }

    [Fact]
    public void D5_AnErrorInPagesOrDescriptorsIsNotLost()
    {
        var inPages = Patch.RawOffset(s_small, RecordType.PageArray, 1) + 5000;
        var afterThem = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.Splice(inPages, 1)));
        Assert.Equal(RecordType.PageArray, afterThem.Record);
        using var broken = new FailingStream(s_small, (int)inPages);
        Assert.Equal("the disk is gone", Assert.Throws<IOException>(() => ImageReader.Read(broken)).Message);
        var badFile = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.Set(RecordType.FileData, "fd_type", 9)));
        Assert.Equal(RecordType.FileData, badFile.Record);
    }

    [Theory]
    [InlineData(VmFlags.Shared, Errno.ENOSYS)]
    [InlineData(VmFlags.MayShare, Errno.ENOSYS)]
    [InlineData(VmFlags.Shared | VmFlags.MayShare, Errno.ENOSYS)]
    [InlineData(VmFlags.Exec, Errno.None)]
    [InlineData(VmFlags.Read | VmFlags.MayRead, Errno.None)]
    public void D9_SharingIsToldByTheSavedFlags(VmFlags flags, Errno errno)
    {
        var error = Record.Exception(() => Samples.Read(s_small.Set(RecordType.Vma, "vm_flags", (uint)flags)));
        Assert.Equal(errno, (error as CheckpointImageException)?.Errno ?? Errno.None);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(0x8000, true)]
    public void D10_DebugRegistersAreUsedWhenTheFieldIsNotZero(ushort uses, bool checkedThen)
    {
        var error = Record.Exception(() => Samples.Read(s_small.Set(RecordType.Cpu, "uses_debug", uses).Set(RecordType.Cpu, "debugreg7", 0x2000)));
        Assert.Equal(checkedThen, error is CheckpointImageException { Record: RecordType.Cpu });
    }

    [Theory]
    [InlineData(0x0804_a000, 0x0804_9000, "a page lies inside its region")]
    [InlineData(0x0804_a000, 0x0000_0000, "a page lies inside its region")]
    [InlineData(0x0804_d000, 0x0804_e000, "a page lies inside its region")]
    [InlineData(0x0804_d000, 0xffff_f000, "a page lies inside its region")]
    [InlineData(0x0804_b000, 0x0804_b001, "a page's address is a multiple of 4096")]
    [InlineData(0x0804_b000, 0x0804_a000, "the pages of a region ascend")]
    [InlineData(0x0804_b000, 0x0804_d000, "the pages of a region ascend")]
    public void D11_APageOutsideItsRegionIsRefused(uint was, uint address, string rule)
    {
        var at = Patch.RawOffset(s_small, RecordType.PageArray, 1);
        while (BitConverter.ToUInt32(s_small, (int)at) != was) at += 4;
        var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.SetRaw(at, address, 4)));
        // Out of order is noticed at the page that follows.
        Assert.Equal((RecordType.PageArray, rule, Errno.EINVAL), (error.Record, error.Rule, error.Errno));
        Assert.InRange(error.Offset, at, at + 4);
    }

    [Fact]
    public void D11_PagesAscendAcrossChunks()
    {
        uint[] addresses = [.. Enumerable.Range(0, 4097).Select(page => 0x1000_0000 + ((uint)page * 4096))];
        var bytes = Samples.Bytes(AllocationTests.OneRegion(new Pages(addresses, 0), 0x1000_0000, 0x2000_0000));
        var second = Patch.RawOffset(bytes, RecordType.PageArray, 1);
        Assert.Equal(second, Assert.Throws<CheckpointImageException>(() => Samples.Read(bytes.SetRaw(second, 0x1000_0000, 4))).Offset);
    }

    [Fact]
    public void D11_ARegionHasAtMostItsPages()
    {
        var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.Set(RecordType.PageArray, "nr_pages", 5, nth: 1)));
        Assert.Equal((RecordType.PageArray, Patch.Offset(s_small, RecordType.PageArray, 1)), (error.Record, error.Offset));
    }

    [Theory]
    [InlineData(RecordType.Cpu, "flags", 0x3202)]
    [InlineData(RecordType.Cpu, "cs", 0x60)]
    [InlineData(RecordType.Cpu, "ss", 0x68)]
    [InlineData(RecordType.PageArray, "nr_pages", 0x8000_0000_0000_0000)]
    [InlineData(RecordType.FileData, "f_flags", 0x241)]
    public void D12_WhatWouldBeDangerousIsRefused(RecordType type, string field, ulong value)
    {
        var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.Set(type, field, value)));
        Assert.Equal((type, Errno.EINVAL), (error.Record, error.Errno));
    }

    [Fact]
    public void D12_ATlsDescriptorOfTheKernelIsRefused()
    {
        var at = Patch.RawOffset(s_small, RecordType.Thread) + 16;
        var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.SetRaw(at, 0x00cf_9b00_0000_ffff, 8)));
        Assert.Equal((RecordType.Thread, at), (error.Record, error.Offset));
    }

    [Fact]
    public void D13_PaddingAndUnusedFieldsAreZeroAndIgnored()
    {
        var dirty = (byte[])s_small.Clone();
        var unused = 0;
        foreach (var record in Patch.Records(s_small))
        {
            var schema = RecordSchema.Find(record.Type)!;
            if (schema.Size != schema.MaxSize) continue;
            for (var at = 0; at < schema.Size; at++)
            {
                if (schema.Fields.Any(field => at >= field.Offset && at < field.Offset + field.Size)) continue;
                var place = record.Offset + RecordHeader.Size + at;
                Assert.Equal(0, s_small[place]);
                dirty[place] = 0xa5;
                unused++;
            }
        }
        // TASK 4, VMA 2×4, MM_CONTEXT 4, FD_ENT 2×4, THREAD 2, CPU 8 words, two debug registers, 2
        Assert.Equal(4 + 8 + 4 + 8 + 2 + (8 * 8) + 16 + 2, unused);
        Equality.Check(Samples.Small(), Samples.Read(dirty));
        Equality.Check(s_small, Samples.Bytes(Samples.Read(dirty)));
    }

    [Fact]
    public void D13_AnUnusedProcessorStateIsWrittenAsZero()
    {
        var cpu = Samples.Cpu();
        cpu.UsedMath = 0;
        var bytes = Samples.Bytes(Samples.With(Samples.Small(), cpu: cpu));
        Assert.All(bytes.AsSpan((int)Patch.Offset(bytes, RecordType.Cpu) + 8 + 272, 512).ToArray(), value => Assert.Equal(0, value));
    }

    private sealed class FailingStream(byte[] bytes, int from) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => Position + count > from ? throw new IOException("the disk is gone") : base.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => Position + buffer.Length > from ? throw new IOException("the disk is gone") : base.Read(buffer);
    }
}
