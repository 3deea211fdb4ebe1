using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

/// <summary>Each rule of the reader, broken alone: the error names record, offset, rule and errno.</summary>
public class RuleTests
{
    private static readonly byte[] s_small = Samples.Bytes(Samples.Small());

    [Theory]
    // HEAD
    [InlineData(RecordType.Head, "magic", 0x00feed0cc0a2d201)]
    [InlineData(RecordType.Head, "rev", 1)]
    [InlineData(RecordType.Head, "rev", 3)]
    [InlineData(RecordType.Head, "flags", 2)]
    [InlineData(RecordType.Head, "flags", 0x8000_0000_0000_0001)]
    // TASK
    [InlineData(RecordType.Task, "task_comm_len", 4097)]
    [InlineData(RecordType.Task, "task_comm_len", 0xffff_ffff)]
    // MM
    [InlineData(RecordType.Mm, "objref", 0x8000_0000)]
    [InlineData(RecordType.Mm, "map_count", 0xffff_ffff)]
    [InlineData(RecordType.Mm, "end_code", 0x0804_7fff)]
    [InlineData(RecordType.Mm, "end_data", 0)]
    [InlineData(RecordType.Mm, "brk", 0x1_0000_0000)]
    // VMA
    [InlineData(RecordType.Vma, "vma_type", 0)]
    [InlineData(RecordType.Vma, "vma_type", 3)]
    [InlineData(RecordType.Vma, "vm_start", 0x0804_8001)]
    [InlineData(RecordType.Vma, "vm_end", 0x0804_8fff)]
    [InlineData(RecordType.Vma, "vm_end", 0x0804_8000)]
    [InlineData(RecordType.Vma, "vm_end", 0x0804_7000)]
    [InlineData(RecordType.Vma, "vm_end", 0xc000_1000)]
    [InlineData(RecordType.Vma, "vm_end", 0x1_0804_9000)]
    [InlineData(RecordType.Vma, "vm_flags", 0x1_0000_0001)]
    [InlineData(RecordType.Vma, "vm_flags", 0x8, Errno.ENOSYS)]
    [InlineData(RecordType.Vma, "vm_flags", 0x80, Errno.ENOSYS)]
    [InlineData(RecordType.Vma, "vm_flags", 0x4000, Errno.ENOSYS)]
    [InlineData(RecordType.Vma, "vm_flags", 0x40_0000, Errno.ENOSYS)]
    [InlineData(RecordType.Vma, "vm_flags", 0x80_0000, Errno.ENOSYS)]
    [InlineData(RecordType.Vma, "vm_pgoff", 0x1_0000_0000, Errno.EOVERFLOW)]
    [InlineData(RecordType.Vma, "vm_pgoff", 0xffff_ffff, Errno.EOVERFLOW)]
    // MM_CONTEXT
    [InlineData(RecordType.MmContext, "ldt_entry_size", 7)]
    [InlineData(RecordType.MmContext, "nldt", 0xffff)]
    [InlineData(RecordType.MmContext, "nldt", 8193)]
    // FILES
    [InlineData(RecordType.Files, "objref", 0x8000_0000)]
    [InlineData(RecordType.Files, "nfds", 0xffff_ffff)]
    [InlineData(RecordType.Files, "nfds", 1048577, Errno.EMFILE)]
    [InlineData(RecordType.FileDescriptor, "objref", 0)]
    [InlineData(RecordType.FileDescriptor, "objref", 0xffff_ffff)]
    [InlineData(RecordType.FileDescriptor, "fd", 0xffff_ffff)]
    [InlineData(RecordType.FileDescriptor, "fd", 1048576, Errno.EMFILE)]
    [InlineData(RecordType.FileData, "fd_type", 0)]
    [InlineData(RecordType.FileData, "fd_type", 4)]
    [InlineData(RecordType.FileData, "f_flags", 0x40)]
    [InlineData(RecordType.FileData, "f_flags", 0x80)]
    [InlineData(RecordType.FileData, "f_flags", 0x100)]
    [InlineData(RecordType.FileData, "f_flags", 0x202)]
    // THREAD
    [InlineData(RecordType.Thread, "gdt_entry_tls_entries", 2)]
    [InlineData(RecordType.Thread, "sizeof_tls_array", 32)]
    [InlineData(RecordType.Thread, "ntls", 4)]
    [InlineData(RecordType.Thread, "ntls", 0xffff)]
    // CPU
    [InlineData(RecordType.Cpu, "ax", 0x1_0000_0000)]
    [InlineData(RecordType.Cpu, "flags", 0x46)]
    [InlineData(RecordType.Cpu, "flags", 0x244)]
    [InlineData(RecordType.Cpu, "flags", 0x3246)]
    [InlineData(RecordType.Cpu, "flags", 0x2_0246)]
    [InlineData(RecordType.Cpu, "flags", 0x8_0246)]
    [InlineData(RecordType.Cpu, "flags", 0x10_0246)]
    [InlineData(RecordType.Cpu, "cs", 0)]
    [InlineData(RecordType.Cpu, "cs", 0x7b)]
    [InlineData(RecordType.Cpu, "cs", 0x60)]
    [InlineData(RecordType.Cpu, "cs", 0x1_0073)]
    [InlineData(RecordType.Cpu, "cs", 0x33)]
    [InlineData(RecordType.Cpu, "cs", 0x3b)]
    [InlineData(RecordType.Cpu, "cs", 0xf)]
    [InlineData(RecordType.Cpu, "cs", 0xffff)]
    [InlineData(RecordType.Cpu, "ss", 0)]
    [InlineData(RecordType.Cpu, "ss", 0x73)]
    [InlineData(RecordType.Cpu, "ss", 0x68)]
    [InlineData(RecordType.Cpu, "ds", 0x7a)]
    [InlineData(RecordType.Cpu, "es", 0x6)]
    [InlineData(RecordType.Cpu, "fs", 0x4b)]
    [InlineData(RecordType.Cpu, "gs", 0x1_0007)]
    [InlineData(RecordType.Cpu, "has_fxsr", 2)]
    // TAIL
    [InlineData(RecordType.Tail, "magic", 0)]
    public void AFieldOutOfItsRangeIsRefused(RecordType type, string field, ulong value, Errno errno = Errno.EINVAL) =>
        Refuses(s_small.Set(type, field, value), type, Patch.Offset(s_small, type), errno);

    [Theory]
    [InlineData(RecordType.Head, 1u)]
    [InlineData(RecordType.Task, 1u)]
    [InlineData(RecordType.String, 0x8000_0000)]
    [InlineData(RecordType.Mm, 0x8000_0000)]
    [InlineData(RecordType.Vma, 12u)]
    [InlineData(RecordType.FileName, 0xffff_ffff)]
    [InlineData(RecordType.PageArray, 1u)]
    [InlineData(RecordType.MmContext, 12u)]
    [InlineData(RecordType.Files, 0x8000_0000)]
    [InlineData(RecordType.FileDescriptor, 1u)]
    [InlineData(RecordType.FileData, 2u)]
    [InlineData(RecordType.Thread, 0x8000_0000)]
    [InlineData(RecordType.Cpu, 0xffff_ffff)]
    [InlineData(RecordType.Tail, 1u)]
    public void AWrongParentIsRefused(RecordType type, uint parent) =>
        Refuses(s_small.SetParent(type, parent), type, Patch.Offset(s_small, type));

    [Fact]
    public void AnotherTypeOrLengthIsRefusedAtEveryRecord()
    {
        foreach (var record in Patch.Records(s_small))
        {
            foreach (var type in new short[] { 0, -1, 4, 205, (short)(record.Type == RecordType.Mm ? 101 : 201) })
                Refuses(s_small.SetRaw(record.Offset, (ushort)type, 2), record.Type, record.Offset);
            foreach (var length in new[] { -1, record.Length - 1, record.Length + 1, short.MaxValue, short.MinValue })
                Refuses(s_small.SetRaw(record.Offset + 2, (ushort)length, 2), record.Type, record.Offset);
        }
    }

    [Fact]
    public void PidsMayDiffer()
    {
        var image = Samples.Read(s_small.SetParent(RecordType.Files, 13).SetParent(RecordType.Thread, 0).SetParent(RecordType.Cpu, 0x7fff_ffff));
        Assert.Equal(12u, image.ProcessId);
        Assert.Equal(3, image.Warnings.Count);
        Assert.Equal(Patch.Offset(s_small, RecordType.Files), image.Warnings[0].Offset);
    }

    [Fact]
    public void ObjectReferencesOfTablesMayBeAnything()
    {
        var bytes = s_small.Set(RecordType.Mm, "objref", 5).SetParent(RecordType.MmContext, 5)
            .Set(RecordType.Files, "objref", 6).SetParent(RecordType.FileDescriptor, 6).SetParent(RecordType.FileDescriptor, 6, nth: 1);
        Equality.Check(s_small, Samples.Bytes(Samples.Read(bytes)));
    }

    [Fact]
    public void ANameOfAnotherLengthIsTaken()
    {
        var at = Patch.Offset(s_small, RecordType.String);
        var none = s_small.Set(RecordType.Task, "task_comm_len", 0).Splice(at, 24, 2, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal("", Samples.Read(none).Task.Comm);
        var longer = s_small.Set(RecordType.Task, "task_comm_len", 20).Splice(at, 24, [2, 0, 20, 0, 0, 0, 0, 0, .. "0123456789abcdefghij"u8]);
        Assert.Equal("0123456789abcdef", Samples.Read(longer).Task.Comm);
        Assert.Single(Samples.Read(longer).Warnings);
        Refuses(s_small.Set(RecordType.Task, "task_comm_len", 15), RecordType.String, at);
    }

    [Fact]
    public void ANameOfAnotherParentIsNotTaken()
    {
        var image = Samples.Read(s_small.SetParent(RecordType.String, 12));
        Assert.Equal("", image.Task.Comm);
        Assert.Single(image.Warnings);
    }

    [Fact]
    public void APathEndsWithItsOnlyNul()
    {
        var at = Patch.Offset(s_small, RecordType.FileName);
        Refuses(s_small.SetRaw(at + 8 + 12, 'x', 1), RecordType.FileName, at);
        Refuses(s_small.SetRaw(at + 8 + 4, 0, 1), RecordType.FileName, at);
        Refuses(s_small.Splice(at + 2, 6 + 13, 0, 0, 0, 0, 0, 0), RecordType.FileName, at);
        Refuses(s_small.Splice(at + 2, 6 + 13, [1, 16, 0, 0, 0, 0, .. Enumerable.Repeat((byte)'x', 4096), 0]), RecordType.FileName, at);
        Assert.Equal(4095, Samples.Read(s_small.Splice(at + 2, 6 + 13, [0, 16, 0, 0, 0, 0, .. Enumerable.Repeat((byte)'x', 4095), 0])).Memory.Vmas[0].File!.Value.Bytes.Length);
    }

    [Fact]
    public void RegionsAscendAndDoNotOverlap()
    {
        var second = Patch.Offset(s_small, RecordType.Vma, 1);
        Refuses(s_small.Set(RecordType.Vma, "vm_start", 0x0804_9000, nth: 1), RecordType.Vma, second);
        Refuses(s_small.Set(RecordType.Vma, "vm_end", 0x0804_b000), RecordType.Vma, second);
    }

    [Fact]
    public void DescriptorsOccurOnceInAnyOrder()
    {
        var second = Patch.Offset(s_small, RecordType.FileDescriptor, 1);
        Refuses(s_small.Set(RecordType.FileDescriptor, "fd", 0, nth: 1), RecordType.FileDescriptor, second);
        Assert.Equal(5, Samples.Read(s_small.Set(RecordType.FileDescriptor, "fd", 5)).Files.Descriptors[0].Number);
    }

    [Fact]
    public void AnUnknownObjectReferenceMustBringItsFile() =>
        Refuses(s_small.Set(RecordType.FileDescriptor, "objref", 2, nth: 1), RecordType.FileData, Patch.Offset(s_small, RecordType.Thread));

    [Fact]
    public void LdtEntriesAreUserSegments()
    {
        var second = Patch.RawOffset(s_small, RecordType.MmContext) + 8;
        Refuses(s_small.SetRaw(second, 0x00cf_9300_0000_ffff, 8), RecordType.MmContext, second); // privilege 0
        Refuses(s_small.SetRaw(second, 0x00cf_e300_0000_ffff, 8), RecordType.MmContext, second); // system segment
        Refuses(s_small.SetRaw(second, 0x00ef_fb00_0000_ffff, 8), RecordType.MmContext, second); // 64-bit code
        Refuses(s_small.SetRaw(second, 0x00cf_ff00_0000_ffff, 8), RecordType.MmContext, second); // conforming code
        Samples.Read(s_small.SetRaw(second, 0, 8));
    }

    [Fact]
    public void ACodeSegmentOfTheLdtIsAccepted()
    {
        var entry = SegmentDescriptor.Create(0, 0xf_ffff, type: 0xb);
        var bytes = s_small.SetRaw(Patch.RawOffset(s_small, RecordType.MmContext) + 8, entry.Raw, 8).Set(RecordType.Cpu, "cs", 0xf);
        Assert.Equal(0xfu, Samples.Read(bytes).Cpu.Cs);
    }

    [Fact]
    public void DebugRegistersCountWhenUsed()
    {
        var off = s_small.Set(RecordType.Cpu, "debugreg7", 0x2001);
        Samples.Read(off);
        var cpu = Patch.Offset(s_small, RecordType.Cpu);
        var on = s_small.Set(RecordType.Cpu, "uses_debug", 1);
        Refuses(off.Set(RecordType.Cpu, "uses_debug", 1), RecordType.Cpu, cpu);
        Refuses(on.Set(RecordType.Cpu, "debugreg7", 1).Set(RecordType.Cpu, "debugreg0", 0xc000_0000), RecordType.Cpu, cpu);
        Samples.Read(on.Set(RecordType.Cpu, "debugreg7", 4).Set(RecordType.Cpu, "debugreg0", 0xc000_0000));
        Refuses(on.Set(RecordType.Cpu, "debugreg6", 0x1_0000_0000), RecordType.Cpu, cpu);
    }

    [Theory]
    [InlineData("0 1 3 5 7 13 15", "2 4 6 8 9 10 11 12 14")]
    public void ABreakpointsKindAndLengthAreThoseOfPtrace(string good, string bad)
    {
        var on = s_small.Set(RecordType.Cpu, "uses_debug", 1);
        foreach (var kind in good.Split(' ').Select(ulong.Parse)) Samples.Read(on.Set(RecordType.Cpu, "debugreg7", 0x40 | (kind << 28)));
        foreach (var kind in bad.Split(' ').Select(ulong.Parse)) Refuses(on.Set(RecordType.Cpu, "debugreg7", kind << 28), RecordType.Cpu, Patch.Offset(s_small, RecordType.Cpu));
    }

    [Fact]
    public void TheKernelVersionIsARuleOfItsOwn()
    {
        var head = Samples.Head();
        ImageRules.CheckKernelVersion(head, 6, 1, 0);
        foreach (var (major, minor, patch) in new (ushort, ushort, ushort)[] { (5, 1, 0), (6, 2, 0), (6, 1, 1) })
            Assert.Equal(Errno.EINVAL, Assert.Throws<CheckpointImageException>(() => ImageRules.CheckKernelVersion(head, major, minor, patch)).Errno);
    }

    [Fact]
    public void WhatFollowsTheTailStaysUnread()
    {
        using var pipe = new PipeLikeStream([.. s_small, 1, 2, 3]);
        Assert.Empty(ImageReader.Read(pipe).Warnings);
        Assert.Equal(3, pipe.Left);
    }

    [Fact]
    public void WhatFollowsTheTailOfAFileIsReported()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, [.. s_small, 1, 2, 3]);
        using (var image = ImageFile.Open(path))
            Assert.Equal([new ImageWarning(s_small.Length, "3 bytes follow the image; they are not read")], image.Warnings);
        File.Delete(path);
    }

    [Fact]
    public void TheMessageNamesEverything()
    {
        var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(s_small.Set(RecordType.Cpu, "cs", 0x10)));
        Assert.Equal($"CPU at offset {error.Offset}: cs is 0x73, or a TLS or LDT selector of privilege 3, not 0x10 (EINVAL)", error.Message);
    }

    [Fact]
    public void TheWriterRefusesWhatTheReaderWould()
    {
        var small = Samples.Small();
        var cpu = small.Cpu;
        cpu.Flags = 0;
        using var stream = new MemoryStream();
        var error = Assert.Throws<CheckpointImageException>(() => ImageWriter.Write(Samples.With(small, cpu: cpu), stream));
        Assert.Equal((RecordType.Cpu, Patch.Offset(s_small, RecordType.Cpu)), (error.Record, error.Offset));
        Assert.Equal(0, stream.Length);

        var file = small.Files.Descriptors[0].File;
        var twin = new SavedFile { ObjectReference = 1, Kind = file.Kind, Mode = file.Mode, Flags = file.Flags, Position = 0, Name = file.Name };
        Assert.Throws<CheckpointImageException>(() => ImageWriter.Measure(Samples.With(small, files: new SavedFiles { Descriptors = [new(0, false, file), new(1, false, twin)] })));
        Assert.Throws<CheckpointImageException>(() => ImageWriter.Measure(Samples.With(small, pid: 0x8000_0000)));
        var name = new SavedFile { ObjectReference = 1, Kind = file.Kind, Mode = file.Mode, Flags = file.Flags, Position = 0, Name = new FileName(new string('x', 4096)) };
        Assert.Equal(Errno.ENAMETOOLONG, Assert.Throws<CheckpointImageException>(() => ImageWriter.Measure(Samples.With(small, files: new SavedFiles { Descriptors = [new(0, false, name)] }))).Errno);
    }

    private static void Refuses(byte[] image, RecordType record, long offset, Errno errno = Errno.EINVAL)
    {
        var error = Assert.Throws<CheckpointImageException>(() => Samples.Read(image));
        Assert.Equal((record, offset, errno), (error.Record, error.Offset, error.Errno));
        DocumentationTests.Mentions(error.Rule);
    }
}
