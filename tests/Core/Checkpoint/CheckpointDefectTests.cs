using System.Runtime.InteropServices;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>Defects of the original that a capture or a restart could have, by number (docs/review.md).</summary>
public sealed class CheckpointDefectTests
{
    static MachineOptions Alone(string guest) => GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program(guest) } };

    [Theory]
    [InlineData("0", "")]
    [InlineData("0", "mmx")]
    public void D3_All512BytesOfTheProcessorStateSurvive(string rounds, string kind)
    {
        using var session = GuestSession.StartAlone("fpu", rounds, kind);
        foreach (ulong at in new ulong[] { 3_000, 3_001, 5_555, 7_777 })
        {
            byte[] image = session.RunTo(at).Image();
            byte[] expected = Fxsr(session);
            Assert.True(expected.Count(value => value != 0) > 60, "the guest's state is empty");
            using (var read = Samples.Read(image))
            {
                var saved = read.Cpu.FxSave;
                Assert.Equal(expected, MemoryMarshal.AsBytes(new ReadOnlySpan<FxSaveArea>(in saved)).ToArray());
            }
            using var restored = GuestSession.Restore(image, Alone("fpu"));
            Assert.Equal(expected, Fxsr(restored));
            Assert.True(restored.Task.Registers!.UsedMath);
        }
    }

    [Theory]
    [InlineData("program", Errno.ENOENT)]
    [InlineData("memory", Errno.ENOMEM)]
    [InlineData("file", Errno.ENOENT)]
    [InlineData("directory", Errno.EISDIR)]
    [InlineData("descriptors", Errno.EMFILE)]
    public void D5_AnErrorWithPagesOrDescriptorsIsReportedAndNothingIsLeft(string what, Errno errno)
    {
        string root = GuestSession.NewRoot();
        try
        {
            byte[] image;
            using (var session = GuestSession.Start(root, writable: true, "dupwriter", "/tmp/dup", "0")) image = session.RunTo(9_000).Image();
            var options = GuestSession.Options(root);
            string log = Path.Combine(root, "tmp/dup.log");
            switch (what)
            {
                case "program": File.Delete(Path.Combine(root, "guests/dupwriter")); break;
                case "memory": options = options with { MemoryLimit = 64 * Frame.Size }; image = WithManyPages(image, 200); break;
                case "file": File.Delete(log); break;
                case "directory": File.Delete(log); Directory.CreateDirectory(log); break;
                case "descriptors": options = options with { MaximumDescriptors = 5 }; break;
            }
            using var checkpoint = Core.Checkpoint.Checkpoint.Read(new MemoryStream(image));
            using var machine = MachineFactory.Create(options);
            long used = -1;
            for (int round = 0; round < 3; round++)
            {
                var error = Assert.Throws<RestoreException>(() => Restorer.Restore(checkpoint, new RestoreOptions { Into = machine }));
                Assert.Equal(errno, error.Errno);
                Assert.Equal(what switch { "program" => "/guests/dupwriter", "file" or "directory" => "/tmp/dup.log", _ => null }, error.Path);
                Assert.Equal(what is "file" or "directory" or "descriptors", error.Descriptor != null);
                Assert.Empty(machine.Tasks);
                // The first attempt leaves pages of files in the cache; no attempt leaves anything else.
                if (used >= 0) Assert.Equal(used, machine.Account.Used);
                used = machine.Account.Used;
                Assert.Equal(errno, Assert.Throws<RestoreException>(() => Restorer.Restore(checkpoint, new RestoreOptions { Machine = options, Root = options.Root })).Errno);
            }
            AssertNoHandleBelow(root, machine);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void D5_AnImageCutWhileItsPagesAreRestoredIsAnError()
    {
        string path = Path.GetTempFileName();
        using (var session = GuestSession.StartAlone("toucher", "60", "0"))
        {
            session.RunTo(8_000);
            using var taken = Checkpointer.Capture(session.Task);
            Checkpointer.Write(taken, path, overwrite: true);
        }
        using var checkpoint = Core.Checkpoint.Checkpoint.Open(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(file.Length / 2);
        using var machine = MachineFactory.Create(Alone("toucher"));
        var error = Assert.Throws<CheckpointImageException>(() => Restorer.Restore(checkpoint, new RestoreOptions { Into = machine }));
        Assert.Equal((RecordType.PageArray, Errno.EPIPE), (error.Record, error.Errno));
        Assert.Empty(machine.Tasks);
        machine.Stop();
        Assert.Equal(0, machine.Account.Used);
        File.Delete(path);
    }

    [Fact]
    public void D8_NoBitOfAnLdtOrTlsDescriptorIsLost()
    {
        using var session = GuestSession.StartAlone("lduser", "0");
        session.RunTo(5_000);
        var wanted = new[]
        {
            SegmentDescriptor.Create(0xFEDC_B000, 0xA_BCDE, type: 3),
            SegmentDescriptor.Create(0x8000_0001, 0xF_0001, type: 1, big: false, granular: false),
            SegmentDescriptor.Create(0x0100_0000, 0x1_0000, type: 7, available: true),
        };
        session.Machine.Execute(_ =>
        {
            for (int index = 0; index < wanted.Length; index++)
            {
                session.Task.Registers!.Ldt![100 + index] = wanted[index].Raw;
                if (index > 0) session.Task.Registers.SetTls(index, wanted[index].Raw);
            }
        });
        byte[] image = session.Image();
        using var restored = GuestSession.Restore(image, Alone("lduser"));
        var before = session.Task.Registers!;
        var after = restored.Task.Registers!;
        Assert.Equal(601, before.Ldt!.Count);
        Assert.Equal(before.Ldt.Count, after.Ldt!.Count);
        for (int index = 0; index < before.Ldt.Count; index++) Assert.Equal(before.Ldt[index], after.Ldt[index]);
        for (int index = 0; index < 3; index++) Assert.Equal(before.GetTls(index), after.GetTls(index));
        for (int index = 0; index < wanted.Length; index++) Assert.Equal(wanted[index].Raw, after.Ldt[100 + index]);
    }

    [Fact]
    public void D9_SharedMemoryInAnImageIsRefusedByItsSavedFlags()
    {
        using var session = GuestSession.StartAlone("counter");
        byte[] image = session.RunTo(3_000).Image();
        int count = Patch.Records(image).Count(record => record.Type == RecordType.Vma);
        for (int nth = 0; nth < count; nth++)
        {
            ulong flags = BitConverter.ToUInt64(image, (int)Patch.Offset(image, RecordType.Vma, nth) + RecordHeader.Size + RecordSchema.Find(RecordType.Vma)!.Fields.Single(field => field.Name == "vm_flags").Offset);
            foreach (var sharing in new[] { VmFlags.Shared, VmFlags.MayShare, VmFlags.Shared | VmFlags.MayShare })
            {
                byte[] shared = image.Set(RecordType.Vma, "vm_flags", flags | (ulong)sharing, nth);
                var error = Assert.Throws<CheckpointImageException>(() => GuestSession.Restore(shared, Alone("counter")));
                Assert.Equal((RecordType.Vma, Errno.ENOSYS), (error.Record, error.Errno));
            }
        }
    }

    [Fact]
    public void D10_DebugRegistersSetFromOutsideSurviveAndAct()
    {
        using var session = GuestSession.StartAlone("debugreg", "0");
        session.RunUntil("watch");
        session.Machine.Execute(_ =>
        {
            var registers = session.Task.Registers!;
            registers.SetDebug(0, 0x2000_0000);
            registers.SetDebug(3, 0x0804_8000);
            // Four bytes at DR0, written; DR3 is not on.
            registers.SetDebug(7, 0x000D_0401);
        });
        byte[] image = session.Image();
        using var restored = GuestSession.Restore(image, Alone("debugreg"));
        foreach (int number in new[] { 0, 1, 2, 3, 6, 7 }) Assert.Equal(session.Task.Registers!.GetDebug(number), restored.Task.Registers!.GetDebug(number));
        Assert.Equal(0x2000_0000u, restored.Task.Registers!.GetDebug(0));
        Assert.Equal(image, restored.Image().Length == image.Length ? WithTimeOf(restored.Image(), image) : []);
        // v5 does not carry the handler, so the breakpoint's signal ends the restarted task; the original counts it.
        Assert.Equal(128 + (int)Signal.SIGTRAP, restored.Finish().ExitCode);
        session.Machine.Thaw();
        Assert.Contains("traps", session.RunUntil("\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5 << 20)]
    [InlineData(11 << 20)]
    public void D14_OutOfMemoryIsEnomemAndTheCallerLivesOn(long limit)
    {
        string root = GuestSession.NewRoot();
        try
        {
            byte[] image;
            using (var session = GuestSession.Start(root, writable: true, "toucher", "3000", "0"))
            {
                session.RunUntil("\n");
                image = session.Image();
            }
            Assert.True(image.Length > 12_000_000);
            using (var checkpoint = Core.Checkpoint.Checkpoint.Read(new MemoryStream(image)))
            {
                var options = GuestSession.Options(root) with { MemoryLimit = 5 << 20 };
                Assert.Equal(Errno.ENOMEM, Assert.Throws<RestoreException>(() => Restorer.Restore(checkpoint, new RestoreOptions { Machine = options, Root = options.Root })).Errno);
            }
            File.WriteAllBytes(Path.Combine(root, "tmp/image"), image);
            using var caller = GuestSession.Start(
                GuestSession.Options(root) with { MemoryLimit = limit },
                new ProgramOptions { FilePath = "/guests/rstr", InputPath = "/tmp/image", Suspended = true });
            var (output, exitCode) = caller.Finish();
            Assert.Null(caller.Machine.Failure);
            Assert.Equal(("restart failed: ENOMEM\nthe caller lives on\n", (int)Errno.ENOMEM), (output, exitCode));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    static byte[] Fxsr(GuestSession session)
    {
        byte[] bytes = new byte[512];
        session.Machine.Execute(_ => session.Task.Registers!.SaveFxsr(bytes));
        return bytes;
    }

    /// <summary>The image with a region of its own that has so many pages.</summary>
    static byte[] WithManyPages(byte[] image, int count)
    {
        using var read = Samples.Read(image);
        var flags = VmFlags.Read | VmFlags.Write | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec;
        var region = new SavedVma
        {
            Record = new VmaRecord { Kind = VmaKind.Anonymous, Start = 0x3000_0000, End = 0x3000_0000 + ((ulong)count << 12), PageProtection = 0x25, Flags = flags },
            Pages = new Zeros(0x3000_0000, count),
        };
        using var larger = new CheckpointImage
        {
            Head = read.Head,
            ProcessId = read.ProcessId,
            Task = read.Task,
            Files = read.Files,
            Thread = read.Thread,
            Cpu = read.Cpu,
            Memory = new SavedMemory { Layout = read.Memory.Layout, Ldt = read.Memory.Ldt, Vmas = [.. read.Memory.Vmas.Append(region).OrderBy(vma => vma.Start)] },
        };
        return Samples.Bytes(larger);
    }

    static byte[] WithTimeOf(byte[] image, byte[] other)
    {
        var time = RecordSchema.Find(RecordType.Head)!.Fields.Single(field => field.Name == "time");
        other.AsSpan(RecordHeader.Size + time.Offset, time.Size).CopyTo(image.AsSpan(RecordHeader.Size + time.Offset));
        return image;
    }

    /// <summary>Machines that failed to become hold no file of their root open any more; the one that remains holds the root alone.</summary>
    static void AssertNoHandleBelow(string root, Machine remaining)
    {
        remaining.Stop();
        Assert.Equal(0, remaining.Account.Used);
        if (!OperatingSystem.IsLinux()) return;
        foreach (string handle in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            string? target = new FileInfo(handle).LinkTarget;
            Assert.False(target?.StartsWith(root, StringComparison.Ordinal) == true, $"{target} is still open");
        }
    }

    sealed class Zeros(uint start, int count) : PageSet
    {
        public override int Count => count;

        public override uint AddressOf(int index) => start + ((uint)index << 12);

        public override void CopyPages(int first, Span<byte> destination) => destination.Clear();
    }
}
