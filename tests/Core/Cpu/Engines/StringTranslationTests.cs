using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Cpu.Translator;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>String instructions come to the same registers, memory and number of instructions translated as interpreted, wherever their operands lie and the budget ends.</summary>
[Collection(nameof(TranslationAlone))]
public sealed class StringTranslationTests
{
    const int Bytes = 0x3000;

    static readonly string[] Instructions = ["movsb", "movsw", "movsd", "stosb", "stosw", "stosd", "lodsb", "lodsw", "lodsd"];

    public static TheoryData<string, bool, bool> Cases()
    {
        var data = new TheoryData<string, bool, bool>();
        foreach (string name in Instructions)
            foreach (bool repeats in (bool[])[false, true])
                foreach (bool backward in (bool[])[false, true]) data.Add(name, repeats, backward);
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void EndsAsInterpreted(string name, bool repeats, bool backward)
    {
        if (Processor.TranslationRefusal != null) return;
        // Short and long, in one page and over its end, apart and overlapping by less than an element.
        uint[] counts = repeats ? [0, 1, 2, 3, 11, 12, 13, 40, 700, 1024, 1025, 4096] : [1];
        (uint From, uint To)[] places = [(0x100, 0x1800), (0x101, 0x1803), (0xFF0, 0x1200), (0x200, 0x1FFA), (0x400, 0x401), (0x404, 0x400), (0x400, 0x408), (0xFFF, 0x1FFF)];
        foreach (uint count in counts)
            foreach (var (from, to) in places)
                foreach (ulong budget in (ulong[])[ulong.MaxValue, 40, 6000])
                    Assert.Equal(Run(CpuEngine.Interpreter, name, repeats, backward, count, from, to, budget), Run(CpuEngine.Tables, name, repeats, backward, count, from, to, budget));
    }

    static string Run(CpuEngine engine, string name, bool repeats, bool backward, uint count, uint from, uint to, ulong budget)
    {
        using var cpu = new TestCpu(new Processor { Engine = engine, TranslateAfter = 1 }, TestCpu.Assemble(a =>
        {
            // Flags from before are seen behind it.
            var again = a.CreateLabel();
            a.mov(edx, 2);
            a.Label(ref again);
            a.mov(esi, TestCpu.Data + from);
            a.mov(edi, TestCpu.Data + to);
            a.mov(ecx, count);
            a.mov(eax, 0x12345678);
            if (!backward) a.cld();
            a.cmp(eax, edx);
            var repeated = repeats ? a.rep : a;
            switch (name)
            {
                case "movsb": repeated.movsb(); break;
                case "movsw": repeated.movsw(); break;
                case "movsd": repeated.movsd(); break;
                case "stosb": repeated.stosb(); break;
                case "stosw": repeated.stosw(); break;
                case "stosd": repeated.stosd(); break;
                case "lodsb": repeated.lodsb(); break;
                case "lodsw": repeated.lodsw(); break;
                default: repeated.lodsd(); break;
            }
            a.setbe(bl);
            a.dec(edx);
            a.jne(again);
            a.@int(0x80);
        }));
        byte[] memory = new byte[Bytes];
        for (int i = 0; i < memory.Length; i++) memory[i] = (byte)(i * 7 + i / 256);
        cpu.Memory.Write(TestCpu.Data, memory);
        if (backward) cpu.Registers.Eflags |= 0x400;
        var trap = cpu.Run(budget);
        cpu.Memory.Peek(TestCpu.Data, memory);
        var r = cpu.Registers;
        return string.Create(CultureInfo.InvariantCulture, $"{name} {repeats} {backward} {count} {from:x} {to:x} {budget}: {trap.Kind} {trap.Vector} after {cpu.Retired}: {r.Eax:x8} {r.Ecx:x8} {r.Edx:x8} {r.Ebx:x8} {r.Esi:x8} {r.Edi:x8} {r.Eip:x8} {r.Eflags:x} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(memory))}");
    }
}
