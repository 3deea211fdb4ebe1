using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>However a run is cut into pieces, it ends in the same state at the same count.</summary>
public class BudgetTests
{
    const uint Rounds = 5;
    const uint Counter = TestCpu.Data + 0x3000;
    const ulong Gone = 5000;

    /// <summary>Random instructions in a loop, some of which write into the loop's own code.</summary>
    static TestCpu Make(int seed)
    {
        var random = new VectorRandom((ulong)seed);
        var code = new List<byte>();
        int start = code.Count;
        for (int i = 0; i < 20; i++)
        {
            var form = Forms[random.Below(Forms.Count)];
            var made = form.MakeCase(random.Below(1000));
            code.AddRange(((ReadOnlySpan<byte>)made.Code)[..(int)made.Length]);
            if (i % 3 == 0) code.AddRange([0xBC, .. BitConverter.GetBytes(TestCpu.StackTop - 0x1000)]);
            if (random.OneIn(20)) code.AddRange([0xC6, 0x05, .. BitConverter.GetBytes(TestCpu.Code + (uint)random.Below(200)), (byte)random.Next()]);
            if (random.OneIn(6)) code.AddRange([0x7C, (byte)random.Below(9)]);
            if (random.OneIn(8)) code.AddRange([0xBF, .. BitConverter.GetBytes(TestCpu.Data + (uint)random.Below(64)), 0xB9, (byte)random.Below(30), 0, 0, 0, 0xF3, 0xAA]);
        }
        code.AddRange([0xFF, 0x0D, .. BitConverter.GetBytes(Counter), 0x0F, 0x85, .. BitConverter.GetBytes(start - (code.Count + 12)), 0xCD, 0x80]);
        var cpu = new TestCpu([.. code]);
        for (uint i = 0; i < 1024; i += 4) cpu.Memory.TryWrite(TestCpu.Data + i, random.Value());
        cpu.Memory.TryWrite(Counter, Rounds);
        var registers = cpu.Registers;
        registers.Eax = random.Value();
        registers.Ebx = TestCpu.Data + 0x100;
        registers.Ecx = random.Value();
        registers.Edx = TestCpu.Data + 0x180;
        registers.Esi = TestCpu.Data + 0x200;
        registers.Edi = TestCpu.Data + 0x280;
        return cpu;
    }

    /// <summary>What would soon leave the program: operands in memory, other branches, divisions, ESP.</summary>
    static readonly Mnemonic[] Leaving =
    [
        Mnemonic.Ret, Mnemonic.Call, Mnemonic.Jmp, Mnemonic.Enter, Mnemonic.Leave, Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Aam, Mnemonic.Xlatb,
        Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popa, Mnemonic.Popad, Mnemonic.Loop, Mnemonic.Loope, Mnemonic.Loopne, Mnemonic.Jcxz, Mnemonic.Jecxz,
        Mnemonic.Movsb, Mnemonic.Movsw, Mnemonic.Movsd, Mnemonic.Cmpsb, Mnemonic.Cmpsw, Mnemonic.Cmpsd, Mnemonic.Lodsb, Mnemonic.Lodsw, Mnemonic.Lodsd,
        Mnemonic.Scasb, Mnemonic.Scasw, Mnemonic.Scasd, Mnemonic.Stosb, Mnemonic.Stosw, Mnemonic.Stosd,
    ];

    static readonly List<VectorForm> Forms = [.. VectorFamilies.Of("integer").Where(form => form.Traits == FormTraits.None && !form.Code.IsJccShortOrNear() && !Leaving.Contains(form.Code.Mnemonic()))];

    [RepeatableProperty(MaxTest = 150)]
    public void PiecesAddUp(int seed, NonEmptyArray<byte> pieces)
    {
        using var whole = Make(seed);
        using var parts = Make(seed);
        ulong done = 0;
        Trap trap = default;
        var first = whole.Run(Gone);
        for (int i = 0; done < Gone && trap.Kind == TrapKind.None; i++)
        {
            ulong piece = Math.Min(1 + (ulong)pieces.Get[i % pieces.Get.Length] % 40, Gone - done);
            trap = parts.Run(piece);
            if (trap.Kind == TrapKind.None) Assert.Equal(piece, parts.Retired);
            done += parts.Retired;
        }
        Assert.Equal(first, trap);
        Assert.Equal(whole.Retired, done);
        Assert.Equal(State(whole), State(parts));
        Assert.Equal(Bytes(whole, TestCpu.Data), Bytes(parts, TestCpu.Data));
        Assert.Equal(Bytes(whole, TestCpu.Code), Bytes(parts, TestCpu.Code));
        Assert.Equal(Bytes(whole, TestCpu.StackTop - 0x2000), Bytes(parts, TestCpu.StackTop - 0x2000));
    }

    /// <summary>A run that ends at every arrival at an address, also at one inside an instruction, is the same run, and misses none.</summary>
    [RepeatableProperty(MaxTest = 150)]
    public void StopsAddUp(int seed, byte at, byte piece)
    {
        using var single = Make(seed);
        using var parts = Make(seed);
        uint stop = TestCpu.Code + at;
        int arrivals = 0, stops = 0;
        ulong count = 0, done = 0;
        Trap first = default, trap = default;
        while (count < Gone && first.Kind == TrapKind.None)
        {
            first = single.Run(1);
            count += single.Retired;
            if (single.Retired == 1 && single.Registers.Eip == stop) arrivals++;
        }
        parts.Processor.StopAddress = stop;
        while (done < Gone && trap.Kind == TrapKind.None)
        {
            ulong budget = Math.Min(100 + (ulong)piece, Gone - done);
            trap = parts.Run(budget);
            done += parts.Retired;
            if (parts.Registers.Eip == stop && parts.Retired > 0) stops++;
            else if (trap.Kind == TrapKind.None) Assert.Equal(budget, parts.Retired);
        }
        Assert.Equal(first, trap);
        Assert.Equal(count, done);
        Assert.Equal(State(single), State(parts));
        Assert.Equal(Bytes(single, TestCpu.Data), Bytes(parts, TestCpu.Data));
        Assert.Equal(arrivals, stops);
    }

    /// <summary>Code that is longer than a block, with the stop inside an instruction of the first: nothing but instructions is counted.</summary>
    [Fact]
    public void AStopThatIsNeverMetIsNone()
    {
        using var cpu = new TestCpu([.. Enumerable.Repeat<byte[]>([0xB8, 1, 2, 3, 4], 150).SelectMany(bytes => bytes), 0xCD, 0x80]);
        cpu.Processor.StopAddress = TestCpu.Code + 2;
        Assert.Equal(TrapKind.SystemCall, cpu.Run().Kind);
        Assert.Equal(151ul, cpu.Retired);
    }

    static string State(TestCpu cpu)
    {
        var r = cpu.Registers;
        return $"{r.Eax:x8} {r.Ecx:x8} {r.Edx:x8} {r.Ebx:x8} {r.Esp:x8} {r.Ebp:x8} {r.Esi:x8} {r.Edi:x8} {r.Eip:x8} {r.Eflags:x8}";
    }

    static byte[] Bytes(TestCpu cpu, uint address)
    {
        byte[] bytes = new byte[0x2000];
        cpu.Memory.Peek(address, bytes);
        return bytes;
    }
}
