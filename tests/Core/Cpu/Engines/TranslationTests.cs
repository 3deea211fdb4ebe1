using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Translator;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Kernel;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>Nothing else translates meanwhile.</summary>
[CollectionDefinition(nameof(TranslationAlone), DisableParallelization = true)]
public sealed class TranslationAlone;

/// <summary>Translated code: states at its exits, its memory, and code that changes.</summary>
[Collection(nameof(TranslationAlone))]
public sealed class TranslationTests(ITestOutputHelper output)
{
    static bool IsRefused => Processor.TranslationRefusal != null;

    static TestCpu Make(CpuEngine engine, Action<Assembler> program, int after = 1, long limit = TranslationCache.UsualLimit) =>
        new(new Processor { Engine = engine, TranslateAfter = after, TranslationLimit = limit }, TestCpu.Assemble(program));

    /// <summary>What both engines come to; it must be one thing.</summary>
    static string Both(Action<Assembler> program, Action<TestCpu>? begin = null)
    {
        string first = "";
        foreach (var engine in Translated.All)
        {
            using var cpu = Make(engine, program);
            begin?.Invoke(cpu);
            var trap = cpu.Run();
            byte[] image = new byte[512];
            cpu.Registers.SaveFxsr(image);
            var r = cpu.Registers;
            string state = string.Create(CultureInfo.InvariantCulture, $"{trap.Kind} {trap.Vector} after {cpu.Retired}: {r.Eax:x8} {r.Ecx:x8} {r.Edx:x8} {r.Ebx:x8} {r.Esp:x8} {r.Eip:x8} {r.Eflags:x} {Convert.ToHexStringLower(image)}");
            if (first.Length == 0) first = state;
            Assert.Equal(first, state);
        }
        return first;
    }

    /// <summary>The store faults, when its other operand has been taken from AH.</summary>
    [Fact]
    public void AFaultBehindAHighRegisterShowsTheFlagsBeforeIt()
    {
        if (IsRefused) return;
        string end = Both(a =>
        {
            a.mov(__dword_ptr[TestCpu.Data], 0x80);
            a.mov(eax, 0x1234);
            a.mov(ecx, 0x7F);
            a.mov(edx, TestCpu.Data);
            a.mov(ebx, 0x2000_0000);
            var next = a.CreateLabel();
            a.jmp(next);
            a.Label(ref next);
            a.cmp(cl, __byte_ptr[edx]);
            a.add(__byte_ptr[ebx], ah);
        });
        Assert.Contains("Exception 14", end, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnmaskedExceptionOfVectorsShowsTheFlagsBeforeIt()
    {
        if (IsRefused) return;
        Both(a =>
        {
            a.mov(__dword_ptr[TestCpu.Data], 0x1D80);
            a.ldmxcsr(__dword_ptr[TestCpu.Data]);
            a.mov(eax, 0x3F800000);
            a.movd(xmm0, eax);
            a.pxor(xmm1, xmm1);
            a.mov(edx, 1);
            var next = a.CreateLabel();
            a.jmp(next);
            a.Label(ref next);
            a.cmp(edx, 2);
            a.divss(xmm0, xmm1);
            a.add(edx, edx);
            a.@int(0x80);
        });
    }

    [Fact]
    public void APendingExceptionOfX87ShowsTheFlagsBeforeIt()
    {
        if (IsRefused) return;
        Both(a =>
        {
            a.mov(__word_ptr[TestCpu.Data], 0x37B);
            a.fldcw(__word_ptr[TestCpu.Data]);
            a.fldz();
            a.fld1();
            a.fdiv(st0, st1);
            a.mov(edx, 1);
            var next = a.CreateLabel();
            a.jmp(next);
            a.Label(ref next);
            a.cmp(edx, 2);
            a.fld1();
            a.add(edx, edx);
            a.@int(0x80);
        });
    }

    [Fact]
    public void AnX87InstructionBeforeUnmaskedVectorsIsRemembered()
    {
        if (IsRefused) return;
        Both(a =>
        {
            a.mov(__dword_ptr[TestCpu.Data], 0x1D80);
            a.ldmxcsr(__dword_ptr[TestCpu.Data]);
            var next = a.CreateLabel();
            a.jmp(next);
            a.Label(ref next);
            a.fld(__dword_ptr[TestCpu.Data + 8]);
            a.addps(xmm0, xmm1);
            a.@int(0x80);
        });
    }

    /// <summary>Its operand is looked up together with others, and x87 registers are loaded already: the host's flags must not be taken for the guest's.</summary>
    [Fact]
    public void LoadingTheControlWordLeavesFlags()
    {
        if (IsRefused) return;
        Both(a =>
        {
            a.mov(__dword_ptr[esp + 4], 0x0C7F);
            a.mov(eax, 1);
            var next = a.CreateLabel();
            var taken = a.CreateLabel();
            a.jmp(next);
            a.Label(ref next);
            a.fld1();
            a.mov(edx, __dword_ptr[esp + 8]);
            a.or(eax, eax);
            a.fldcw(__word_ptr[esp + 4]);
            a.jne(taken);
            a.mov(ecx, 1);
            a.Label(ref taken);
            a.@int(0x80);
        });
    }

    /// <summary>CF and OF of a product stay through a division, also one that the interpreter does, or that faults.</summary>
    [Theory]
    [InlineData(0xFFFFFFFF)]
    [InlineData(0)]
    [InlineData(3)]
    public void ADivisionLeavesTheFlagsOfAProduct(uint divisor)
    {
        if (IsRefused) return;
        foreach (uint factor in (uint[])[5, 0x10000])
        {
            Both(a =>
            {
                a.mov(eax, factor);
                a.mov(ecx, 0x10000);
                a.mov(ebx, divisor);
                var next = a.CreateLabel();
                a.jmp(next);
                a.Label(ref next);
                a.imul(eax, ecx);
                a.cdq();
                a.idiv(ebx);
                a.pushfd();
                a.pop(esi);
                a.@int(0x80);
            });
        }
    }

    /// <summary>The first write to a page of a file gives the file its time: that of the instruction, not of its block, wherever a budget ends.</summary>
    [Theory]
    [InlineData(CpuEngine.Interpreter, 1000)]
    [InlineData(CpuEngine.Interpreter, 8)]
    [InlineData(CpuEngine.Tables, 1000)]
    [InlineData(CpuEngine.Tables, 8)]
    public void AWrittenPageIsToldAtItsInstruction(CpuEngine engine, int budget)
    {
        if (IsRefused) return;
        const uint Shared = 0x3000_0000;
        using var cpu = Make(engine, a =>
        {
            a.mov(eax, 1);
            a.mov(ecx, 2);
            a.mov(edx, 3);
            a.mov(__dword_ptr[Shared + 8], eax);
            a.add(ecx, edx);
            a.mov(ebx, Shared);
            a.mov(__dword_ptr[ebx + 0x1000], ecx);
            a.push(__dword_ptr[ebx]);
            a.pop(__dword_ptr[ebx + 0x2000]);
            a.add(ecx, edx);
            a.@int(0x80);
        });
        using var account = new MemoryAccount(64);
        ulong before = 0;
        var told = new List<(uint, ulong)>();
        var source = new ToldSource(new SharedMemory(account, 3), index => told.Add((index, before + cpu.Processor.RetiredInRun)));
        Assert.Equal(Errno.None, cpu.Memory.Map(Shared, 0x3000, VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.Shared | VmFlags.MayShare, isFixed: true, source, 0, out _));
        while (cpu.Run((ulong)budget).Kind == TrapKind.None) before += cpu.Retired;
        Assert.Equal([(0u, 3ul), (1u, 6ul), (2u, 8ul)], told);
    }

    sealed class ToldSource(IPageSource inner, Action<uint> written) : IPageSource
    {
        public string Name => inner.Name;

        public Frame GetPage(uint index) => inner.GetPage(index);

        public bool TryOwn(uint index) => inner.TryOwn(index);

        public void PageWritten(uint index)
        {
            written(index);
            inner.PageWritten(index);
        }

        public void Attach() => inner.Attach();

        public void Detach() => inner.Detach();
    }

    /// <summary>Blocks, each of which is run twice, that do not fit.</summary>
    [Fact]
    public void AFullCacheIsDropped()
    {
        if (IsRefused) return;
        const int Blocks = 1000;
        const long Limit = HostCode.ChunkBytes;
        void Program(Assembler a)
        {
            a.mov(ebp, 3);
            a.mov(ebx, TestCpu.Data);
            var again = a.CreateLabel();
            a.Label(ref again);
            for (int i = 0; i < Blocks; i++)
            {
                var next = a.CreateLabel();
                a.add(eax, i);
                a.cmp(eax, ecx);
                a.jb(next);
                a.xor(__dword_ptr[ebx], eax);
                a.Label(ref next);
            }
            a.sub(ebp, 1);
            a.jnz(again);
            a.@int(0x80);
        }
        using var expected = Make(CpuEngine.Interpreter, Program);
        using var cpu = Make(CpuEngine.Tables, Program, limit: Limit);
        Assert.Equal(TrapKind.SystemCall, expected.Run().Kind);
        long most = 0;
        while (cpu.Run(500).Kind == TrapKind.None) most = Math.Max(most, ((BlockCache)cpu.Memory.CodeObserver!).Translations!.Bytes);
        Assert.Equal((expected.Registers.Eax, expected.Registers.Ecx, expected.Registers.Eflags), (cpu.Registers.Eax, cpu.Registers.Ecx, cpu.Registers.Eflags));
        Assert.InRange(most, HostCode.ChunkBytes, Limit);
        Assert.True(((BlockCache)cpu.Memory.CodeObserver!).TranslationDrops > 0, "never full");
    }

    [Fact]
    public void MachinesGiveTheirCodeBack()
    {
        if (IsRefused) return;
        TakeSharedChunk();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = HostCode.ChunksInUse, most = 0;
        for (int i = 0; i < 12; i++)
        {
            using var machine = new Machine(GuestRun.OptionsFor("counter") with { TranslateAfter = 1, Engine = CpuEngine.Tables });
            machine.EndInput();
            var task = machine.Start(new ProgramOptions { Arguments = ["50", "3000"], Suspended = true });
            Assert.True(machine.RunTo(20_000, task, TimeSpan.FromSeconds(30)) || task.HasExited);
            most = Math.Max(most, HostCode.ChunksInUse);
            machine.Thaw(task);
            Assert.True(GuestRun.Finish(machine, task).HasExited);
        }
        Assert.True(most > before, "nothing was translated");
        // What others forgot may be given back meanwhile.
        Assert.InRange(HostCode.ChunksInUse, 0, before);
    }

    /// <summary>The collector ends what nobody disposed of, in any order.</summary>
    [Fact]
    public void ForgottenCodeIsGivenBack()
    {
        if (IsRefused) return;
        TakeSharedChunk();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = HostCode.ChunksInUse;
        for (int i = 0; i < 20; i++) Forget();
        for (int i = 0; i < 4; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        // What others forgot may be given back meanwhile.
        Assert.InRange(HostCode.ChunksInUse, 0, before);
    }

    /// <summary>The routines that all code shares have a chunk of their own, from their first use on.</summary>
    static unsafe void TakeSharedChunk() => Assert.True(HostStubs.Leave != null);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static unsafe void Forget()
    {
        var cache = new BlockCache();
        var translations = cache.BeginTranslations(TranslationCache.UsualLimit, window: false);
        var emission = new Emission();
        emission.Assembler.Return();
        Assert.True(translations.Place(emission) != null);
    }

    /// <summary>A loop whose instruction is another at every turn: the figures are told, the result is checked.</summary>
    [Fact]
    public void CodeThatChangesAtEveryTurn()
    {
        if (IsRefused) return;
        const int Turns = 3000;
        var results = new List<(uint, uint, ulong)>();
        foreach (var engine in Translated.All)
        {
            using var cpu = Make(engine, a =>
            {
                a.mov(ecx, Turns);
                var turn = a.CreateLabel();
                a.Label(ref turn);
                a.inc(__byte_ptr[TestCpu.Code + 5 + 6 + 2]);
                // 83 C2 ib
                a.add(edx, 1);
                a.imul(edx, edx, 3);
                a.xor(eax, edx);
                a.dec(ecx);
                a.jnz(turn);
                a.@int(0x80);
            }, after: 30);
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(TrapKind.SystemCall, cpu.Run().Kind);
            double taken = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{engine}: {taken / Turns:f2} us a change"));
            results.Add((cpu.Registers.Eax, cpu.Registers.Edx, cpu.Retired));
        }
        Assert.Equal(results[0], results[1]);
    }

    /// <summary>As before, but the code runs often between two changes, so that it is translated each time.</summary>
    [Fact]
    public void CodeThatChangesWhenItIsHot()
    {
        if (IsRefused) return;
        const int Turns = 500;
        var results = new List<(uint, uint, ulong)>();
        foreach (var engine in Translated.All)
        {
            using var cpu = Make(engine, a =>
            {
                a.mov(ecx, Turns);
                var turn = a.CreateLabel();
                var inner = a.CreateLabel();
                a.Label(ref turn);
                a.inc(__byte_ptr[TestCpu.Code + 5 + 6 + 5 + 2]);
                a.mov(ebx, 60);
                a.Label(ref inner);
                a.add(edx, 1);
                a.imul(edx, edx, 3);
                a.xor(eax, edx);
                a.dec(ebx);
                a.jnz(inner);
                a.dec(ecx);
                a.jnz(turn);
                a.@int(0x80);
            }, after: 30);
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(TrapKind.SystemCall, cpu.Run().Kind);
            double taken = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{engine}: {taken / Turns:f2} us a change and 60 turns"));
            results.Add((cpu.Registers.Eax, cpu.Registers.Edx, cpu.Retired));
        }
        Assert.Equal(results[0], results[1]);
    }
}
