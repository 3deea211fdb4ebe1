using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>No other test's machines take or give back memory or windows meanwhile.</summary>
[CollectionDefinition(nameof(HostMemoryAlone), DisableParallelization = true)]
public sealed class HostMemoryAlone;

/// <summary>What machines take from the host outside the collector's heap, counted in pieces: how little it is, and that it all comes back.</summary>
[Collection(nameof(HostMemoryAlone))]
public sealed class HostMemoryTests
{
    readonly record struct Held(long Frames, int Tables, long ChunkBytes, int CodeChunks)
    {
        public static unsafe Held Now()
        {
            // The routines that all code shares have a chunk of their own, from their first use on.
            if (HostCode.IsAvailable) _ = HostStubs.Leave;
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
            return new(FrameStore.InUse, PageTables.InUse, HostChunks.InUse, HostCode.ChunksInUse);
        }

        public static Held operator -(Held a, Held b) => new(a.Frames - b.Frames, a.Tables - b.Tables, a.ChunkBytes - b.ChunkBytes, a.CodeChunks - b.CodeChunks);
    }

    public static TheoryData<CpuEngine> Engines => Processor.WindowRefusal == null ? [CpuEngine.Interpreter, CpuEngine.Tables, CpuEngine.Window]
        : Processor.TranslationRefusal == null ? [CpuEngine.Interpreter, CpuEngine.Tables] : [CpuEngine.Interpreter];

    [Theory]
    [MemberData(nameof(Engines))]
    public void AllThatMachinesTookComesBackWhenTheyEnd(CpuEngine engine)
    {
        (string Guest, string[] Arguments)[] programs = [("readblock", []), ("childholder", []), ("many", []), ("counter", ["50", "3000"]), ("forkbomb", []), ("writecode", [])];
        var before = Held.Now();
        var machines = new List<Machine>();
        foreach (var (guest, arguments) in programs)
        {
            var machine = new Machine(GuestRun.OptionsFor(guest) with { Engine = engine, TranslateAfter = 1, MaximumTasks = 40 });
            machines.Add(machine);
            var task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
            if (guest == "readblock") machine.Thaw(task);
            else machine.RunTo(machine.RetiredInstructions + 200_000, task, TimeSpan.FromSeconds(30));
        }
        var taken = Held.Now() - before;
        Assert.True(taken is { Frames: > 50, Tables: > 40, ChunkBytes: > 0 } && (engine == CpuEngine.Interpreter || taken.CodeChunks > 0), taken.ToString());
        foreach (var machine in machines) machine.Dispose();
        Assert.All(machines, static machine => Assert.Null(machine.Failure));
        Assert.Equal(default, Held.Now() - before);
    }

    /// <summary>Snapshots outlive their machine, and give theirs back in their own time.</summary>
    [Fact]
    public void WhatASnapshotHoldsComesBackWithIt()
    {
        var before = Held.Now();
        var machine = new Machine(GuestRun.OptionsFor("childholder"));
        var task = machine.Start(new ProgramOptions { Suspended = true });
        machine.RunTo(200_000, task, TimeSpan.FromSeconds(30));
        var copy = machine.Execute(_ => task.AddressSpace!.Clone(forFork: false));
        machine.Dispose();
        var held = Held.Now() - before;
        Assert.True(held is { Frames: > 0, Tables: 1 }, held.ToString());
        copy.Dispose();
        Assert.Equal(default, Held.Now() - before);
    }

    /// <summary>Hello world is as small as this: with its part of the heap well below the 8 MiB that a machine may add to its process.</summary>
    [Fact]
    public void AMachineOfASmallProgramTakesLittle()
    {
        const int Count = 50;
        var before = Held.Now();
        var machines = Enumerable.Range(0, Count).Select(_ => new Machine(GuestRun.OptionsFor("readblock") with { TranslateAfter = 30 })).ToList();
        foreach (var machine in machines)
        {
            machine.Start(new ProgramOptions());
            Assert.True(machine.WaitUntil(() => machine.State == MachineState.Idle, TimeSpan.FromSeconds(30)));
        }
        var held = Held.Now() - before;
        long tablePages = machines.Sum(machine => machine.Account.Tables);
        foreach (var machine in machines) machine.Dispose();
        Assert.Equal(Count, held.Tables);
        Assert.InRange(held.Frames, Count, Count * 32);
        Assert.InRange(tablePages, Count * 3, Count * 24);
        Assert.InRange(held.ChunkBytes, Count, Count * (256L << 10));
        Assert.InRange(held.CodeChunks, 0, Count);
    }

    /// <summary>Tables that a space leaves behind are used again by the next one, which must find nothing in them.</summary>
    [Fact]
    public unsafe void TablesAreUsedAgainAndEmpty()
    {
        using var account = new MemoryAccount(10_000);
        nint first = 0;
        for (int round = 0; round < 3; round++)
        {
            using var space = new AddressSpace(account);
            if (round == 0) first = (nint)space.ReadTable;
            Assert.Equal(first, (nint)space.ReadTable);
            int words = PageTables.PageCount * 3 + PageTables.HeadBytes / sizeof(long);
            Assert.Equal(-1, new ReadOnlySpan<long>(space.ReadTable - PageTables.HeadBytes / sizeof(long), words).IndexOfAnyExcept(0));
            *(space.ReadTable - 1) = -1;
            foreach (uint at in (uint[])[0x10000, 0x8048000, 0x40000000, AddressSpace.UserEnd - 0x8000])
            {
                Assert.Equal(Errno.None, space.Map(at, 0x8000, VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May, isFixed: true, null, 0, out _));
                Assert.True(space.Clear(at, 0x3000));
                Assert.True(space.TryRead<uint>(at + 0x5000, out _));
                space.MarkCode(at >> 12);
            }
        }
    }

    [Fact]
    public void AClosedAccountKeepsNoTables()
    {
        int before = PageTables.InUse;
        var account = new MemoryAccount(1000);
        var spaces = Enumerable.Range(0, 10).Select(_ => new AddressSpace(account)).ToList();
        foreach (var space in spaces.Skip(1)) space.Dispose();
        Assert.InRange(PageTables.InUse - before, 2, 5);
        account.Dispose();
        Assert.Equal(1, PageTables.InUse - before);
        spaces[0].Dispose();
        Assert.Equal(0, PageTables.InUse - before);
    }
}
