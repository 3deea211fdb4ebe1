using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Core files: a debugger finds threads, registers, mapped files and memory in them.</summary>
public sealed class CoreDumpTests
{
    const uint Status = 1, Float = 2, Process = 3, Auxiliary = 6, SignalNote = 0x53494749, FileNote = 0x46494C45, ExtendedFloat = 0x46E62B7F, ThreadLocal = 0x200;

    [Fact]
    public void AFrozenTaskIsWrittenWithItsRegistersAndMemory()
    {
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        Assert.True(machine.RunTo(machine.RetiredInstructions + 2000, task, TimeSpan.FromSeconds(60)));
        using var file = new MemoryStream();
        CoreDump.Save(task, file);
        var core = new Core(file.ToArray());
        Assert.Equal([Status, Process, SignalNote, Auxiliary, FileNote, Float, ExtendedFloat, ThreadLocal], core.Notes.Select(note => note.Type));
        machine.Execute(_ =>
        {
            Assert.Equal(task.Registers!.Eip, BinaryPrimitives.ReadUInt32LittleEndian(core.Notes[0].Content.AsSpan(72 + 12 * 4)));
            Assert.Equal(task.Pid, BinaryPrimitives.ReadInt32LittleEndian(core.Notes[0].Content.AsSpan(24)));
            Assert.Equal(task.Comm, Encoding.ASCII.GetString(core.Notes[1].Content, 28, 16).TrimEnd('\0'));
            Assert.Equal(task.Group.AuxiliaryVector, core.Notes[3].Content);
            Assert.Equal(task.AddressSpace!.Regions.Count, core.Loads.Count);
            // The stack is there byte for byte; of the program's own file the page with its headers.
            uint stack = task.Registers.Esp;
            var expected = new byte[64];
            Assert.True(task.AddressSpace.Read(stack, expected));
            Assert.Equal(expected, core.Read(stack, 64));
            Assert.Equal("\u007fELF"u8.ToArray(), core.Read(task.AddressSpace.Regions[0].Start, 4));
        });
    }

    [Theory]
    [InlineData(0x33u, true, true)]
    [InlineData(0x32u, false, true)]
    [InlineData(0x31u, true, false)]
    [InlineData(0u, false, false)]
    public void OnlyWhatIsWantedIsInIt(uint filter, bool hasPrivate, bool hasShared)
    {
        const uint kept = 0x50000000, left = 0x50001000, shared = 0x60000000;
        using var machine = new Machine(GuestRun.OptionsFor("counter"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.Execute(m =>
        {
            var memory = task.AddressSpace!;
            const VmFlags flags = VmFlags.Read | VmFlags.Write | VmFlags.May;
            Assert.Equal(Errno.None, memory.Map(kept, 0x2000, flags, isFixed: true, null, 0, out _));
            // Memory that is shared without a name: a file in memory, as of a file that was deleted.
            Assert.Equal(Errno.None, m.Tree.MakeMemoryFile("shared", canSeal: false, out var file));
            Assert.Equal(4096, file!.WriteAt(0, new byte[4096]).Value);
            Assert.Equal(Errno.None, file.GetPages(out var pages));
            Assert.Equal(Errno.None, memory.Map(shared, 0x1000, flags | VmFlags.Shared, isFixed: true, pages, 0, out _));
            file.Release();
            foreach (uint address in (uint[])[kept, left, shared]) Assert.True(memory.Write(address, "here"u8));
            Assert.Equal(Errno.None, memory.ChangeFlags(left, left + 0x1000, 0, 0, VmAdvice.DontDump));
            task.Group.CoreFilter = filter;
        });
        using var stream = new MemoryStream();
        CoreDump.Save(task, stream);
        var core = new Core(stream.ToArray());
        bool Has(uint address) => core.Loads.Exists(piece => address >= piece.Address && address - piece.Address < piece.Size);
        Assert.Equal(hasPrivate, Has(kept));
        Assert.Equal(hasShared, Has(shared));
        Assert.False(Has(left));
        if (hasPrivate) Assert.Equal("here"u8.ToArray(), core.Read(kept, 4));
        if (hasShared) Assert.Equal("here"u8.ToArray(), core.Read(shared, 4));
    }

    [Theory]
    [InlineData("core", ulong.MaxValue, "/core")]
    [InlineData("%e.%s.%p%%", ulong.MaxValue, "/traps.11.2%")]
    [InlineData("core", 8192ul, "/core")]
    [InlineData("core", 4095ul, null)]
    [InlineData("|/bin/true", ulong.MaxValue, null)]
    public void ADeadlySignalLeavesOneWhereTheLimitAllowsIt(string pattern, ulong limit, string? path)
    {
        using var machine = new Machine(GuestRun.OptionsFor("traps"));
        machine.Execute(m => m.CorePattern = pattern);
        var task = machine.Start(new ProgramOptions { Arguments = ["watched"], ArgumentZero = "traps", Suspended = true });
        machine.Execute(_ => task.Group.Limits[Resource.Core] = new(limit, limit));
        machine.SendSignal(task, Signal.SIGSEGV);
        machine.Thaw(task);
        Assert.True(machine.WaitForExit(task, TimeSpan.FromSeconds(60)));
        Assert.Equal((int)Signal.SIGSEGV | (path != null ? 0x80 : 0), task.ExitStatus);
        if (path == null) return;
        machine.Execute(m =>
        {
            var start = new PathStart(m.Tree.Root, m.Tree.Root);
            Assert.False(m.Tree.Open(start, path, OpenFlags.ReadOnly, 0, out var file).IsError);
            Assert.Equal(0x180u, file!.Inode.Mode & 0x1FF);
            var bytes = new byte[file.Inode.Size];
            Assert.Equal(bytes.Length, file.ReadAt(0, bytes).Value);
            file.Release();
            if (limit == ulong.MaxValue) Assert.Equal(11, BinaryPrimitives.ReadInt32LittleEndian(new Core(bytes).Notes[0].Content));
            else Assert.Equal((int)limit, bytes.Length);
        });
    }

    /// <summary>An ELF core file taken apart.</summary>
    sealed class Core
    {
        readonly byte[] file;

        public Core(byte[] bytes)
        {
            file = bytes;
            Assert.Equal(4, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(16)));
            int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(44));
            for (int i = 0; i < count; i++)
            {
                uint Word(int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(52 + i * 32 + index * 4));
                if (Word(0) == 4) ReadNotes((int)Word(1), (int)Word(4));
                else Loads.Add((Word(1), Word(2), Word(4)));
            }
        }

        public List<(uint Type, byte[] Content)> Notes { get; } = [];

        public List<(uint Offset, uint Address, uint Size)> Loads { get; } = [];

        public byte[] Read(uint address, int length)
        {
            var load = Loads.Single(piece => address >= piece.Address && address - piece.Address < piece.Size);
            return file.AsSpan((int)(load.Offset + address - load.Address), length).ToArray();
        }

        void ReadNotes(int offset, int size)
        {
            static int Padded(int length) => (length + 3) & ~3;
            for (int at = offset; at < offset + size;)
            {
                int name = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), content = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
                uint type = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8));
                at += 12 + Padded(name);
                Notes.Add((type, file.AsSpan(at, content).ToArray()));
                at += Padded(content);
            }
        }
    }
}
