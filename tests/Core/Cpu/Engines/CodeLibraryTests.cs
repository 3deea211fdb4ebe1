using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>Code that was decoded and translated before is used again where the bytes are the same, and nowhere else.</summary>
[Collection(nameof(TranslationAlone))]
public sealed class CodeLibraryTests
{
    /// <summary>So often a program runs until all of it is known: it is kept when it is decoded a second time.</summary>
    const int Enough = 3;

    /// <summary>No other test has code there.</summary>
    const uint Place = 0x2345_0000, Function = 0xFF8, Across = 0xFFD;

    static int used;

    public static TheoryData<CpuEngine> Engines => Processor.WindowRefusal == null ? [CpuEngine.Interpreter, CpuEngine.Tables, CpuEngine.Window]
        : Processor.TranslationRefusal == null ? [CpuEngine.Interpreter, CpuEngine.Tables] : [CpuEngine.Interpreter];

    /// <summary>A place that no test used before.</summary>
    static uint NewPlace() => Place + (uint)Interlocked.Increment(ref used) * 0x10000;

    sealed class Run : IDisposable
    {
        internal Run(CpuEngine engine, uint place, byte[] file, CpuModel? model = null, int pages = 2, VmFlags protection = VmFlags.Read | VmFlags.Write | VmFlags.Exec)
        {
            Cpu = new TestCpu(new Processor { Engine = engine, TranslateAfter = 5, Model = model ?? CpuModel.Maximum });
            Cpu.MapFile(place, file.AsSpan(0, pages * 4096).ToArray(), protection);
            Cpu.Registers.Eip = place;
        }

        internal TestCpu Cpu { get; }

        internal (uint Eax, uint Ecx, uint Edx, ulong Retired, uint Vector, uint Eip) Finish(ulong budget = 1_000_000)
        {
            var trap = Cpu.Run(budget);
            var r = Cpu.Registers;
            return (r.Eax, r.Ecx, r.Edx, Cpu.Retired, trap.Kind == TrapKind.None ? 0u : (uint)trap.Vector, r.Eip);
        }

        public void Dispose() => Cpu.Dispose();
    }

    static byte[] File(uint place, Action<Assembler> program)
    {
        byte[] file = new byte[0x2000];
        TestCpu.Assemble(program, place).CopyTo(file, 0);
        return file;
    }

    /// <summary>A hundred rounds through two blocks and a function whose second instruction lies on both pages.</summary>
    static byte[] Loop(uint place, int step, int last = 1)
    {
        byte[] file = File(place, a =>
        {
            Label again = a.CreateLabel(), skip = a.CreateLabel();
            a.mov(ecx, 100);
            a.xor(eax, eax);
            a.Label(ref again);
            a.nop();
            a.nop();
            a.nop();
            a.lea(edx, __[eax + ecx]);
            a.add(eax, step);
            a.test(eax, 1);
            a.jz(skip);
            a.add(edx, 5);
            a.call(place + Function);
            a.Label(ref skip);
            a.dec(ecx);
            a.jnz(again);
            a.int3();
        });
        TestCpu.Assemble(a =>
        {
            a.add(eax, 0x30000);
            a.add(eax, last << 16);
            a.ret();
        }, place + Function).CopyTo(file, (int)Function);
        return file;
    }

    [Theory, MemberData(nameof(Engines))]
    public void WhatWasDecodedAndTranslatedServesTheNext(CpuEngine engine)
    {
        uint place = NewPlace();
        byte[] file = Loop(place, 3);
        using var first = new Run(engine, place, file);
        var expected = first.Finish();
        Assert.Equal(3u, expected.Vector);
        for (int i = 1; i < Enough; i++)
        {
            using var again = new Run(engine, place, file);
            Assert.Equal(expected, again.Finish());
        }
        using var known = new Run(engine, place, file);
        Assert.Equal(expected, known.Finish());
        var (decoded, adopted, placed) = known.Cpu.Processor.CodeCounts;
        Assert.Equal((0, first.Cpu.Processor.CodeCounts.Decoded), (decoded, adopted));
        if (engine != CpuEngine.Interpreter) Assert.True(placed > 0, "nothing was translated before");
        // The last place where a budget ends.
        for (ulong budget = expected.Retired - 40; budget <= expected.Retired; budget++)
        {
            using var one = new Run(CpuEngine.Interpreter, place, file);
            using var other = new Run(engine, place, file);
            Assert.Equal(one.Finish(budget), other.Finish(budget));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void OtherBytesAreOtherCode(CpuEngine engine)
    {
        uint place = NewPlace();
        byte[] file = Loop(place, 3), other = Loop(place, 7), far = Loop(place, 3, last: 0x101);
        (uint, uint, uint, ulong, uint, uint) Of(byte[] bytes, CpuEngine with)
        {
            using var run = new Run(with, place, bytes);
            return run.Finish();
        }

        for (int i = 0; i < Enough + 1; i++)
        {
            var results = new[] { file, other, far }.Select(bytes => Of(bytes, engine)).ToArray();
            Assert.Equal(3, results.Distinct().Count());
            // Nothing is known of it at its first run elsewhere.
            using var fresh = new TestCpu(new Processor { Engine = CpuEngine.Interpreter });
            fresh.Map(place, 0x2000, VmFlags.Read | VmFlags.Write | VmFlags.Exec);
            fresh.Memory.Write(place, other);
            fresh.Registers.Eip = place;
            fresh.Run();
            Assert.Equal((fresh.Registers.Eax, fresh.Retired), (results[1].Item1, results[1].Item4));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void ChangedCodeIsChangedForOneAlone(CpuEngine engine)
    {
        uint place = NewPlace();
        byte[] file = Loop(place, 3), changed = Loop(place, 7);
        int at = file.AsSpan().CommonPrefixLength(changed);
        using var plain = new Run(engine, place, file);
        using var expected = new Run(engine, place, changed);
        var (before, after) = (plain.Finish(), expected.Finish());
        for (int i = 0; i < Enough + 1; i++)
        {
            using var one = new Run(engine, place, file);
            using var other = new Run(engine, place, file);
            Assert.Equal(before, one.Finish());
            Assert.Equal(before, other.Finish());
            Assert.True(one.Cpu.Memory.Write(place + (uint)at, [changed[at]]));
            one.Cpu.Registers.Eip = other.Cpu.Registers.Eip = place;
            Assert.Equal(after, one.Finish());
            Assert.Equal(before, other.Finish());
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void WhatCannotBeFetchedFaultsAsEver(CpuEngine engine)
    {
        uint place = NewPlace();
        byte[] file = Loop(place, 3);
        for (int i = 0; i < Enough; i++)
        {
            using var run = new Run(engine, place, file);
            run.Finish();
        }
        // The function's second instruction lies on both pages.
        using var half = new Run(engine, place, file, pages: 1);
        var fault = half.Finish();
        Assert.Equal((14u, place + Across), (fault.Vector, fault.Eip));
        Assert.Equal(1, half.Cpu.Memory.GetFrame((place >> 12) + 1).IsNone ? 1 : 0);
        using var data = new Run(engine, place, file, protection: VmFlags.Read | VmFlags.Write);
        Assert.Equal((14u, place, 0ul), (data.Finish().Vector, data.Cpu.Registers.Eip, data.Cpu.Retired));
    }

    [Theory, MemberData(nameof(Engines))]
    public void AnotherProcessorHasOtherInstructions(CpuEngine engine)
    {
        uint place = NewPlace();
        byte[] file = File(place, a =>
        {
            for (int i = 0; i < 8; i++) a.inc(eax);
            a.cmovne(edx, eax);
            a.int3();
        });
        for (int i = 0; i < Enough; i++)
        {
            using var run = new Run(engine, place, file);
            Assert.Equal(3u, run.Finish().Vector);
        }
        using var old = new Run(engine, place, file, CpuModel.I586);
        Assert.Equal((6u, 8ul), (old.Finish().Vector, old.Cpu.Retired));
    }

    /// <summary>What is known of it must not make a page present that the program has not come to.</summary>
    [Theory, MemberData(nameof(Engines))]
    public void PagesBecomePresentWhenTheProgramComesToThem(CpuEngine engine)
    {
        uint place = NewPlace();
        byte[] file = Loop(place, 3);
        for (ulong budget = 1; budget < 40; budget++)
        {
            using var one = new Run(CpuEngine.Interpreter, place, file);
            using var other = new Run(engine, place, file);
            Assert.Equal(one.Finish(budget), other.Finish(budget));
            Assert.Equal(one.Cpu.Memory.ResidentPages, other.Cpu.Memory.ResidentPages);
        }
    }
}
