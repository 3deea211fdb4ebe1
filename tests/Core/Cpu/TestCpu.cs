using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>A processor with a page or more of code, data and stack, and nothing else.</summary>
internal sealed class TestCpu : IDisposable
{
    internal const uint Code = 0x0804_8000, Data = 0x0900_0000, StackTop = 0x0A01_0000, StackBottom = 0x0A00_0000;

    readonly MemoryAccount account = new(4096);

    internal TestCpu(params ReadOnlySpan<byte> code)
    {
        Memory = new AddressSpace(account);
        Map(Code, 0x4000, VmFlags.Read | VmFlags.Write | VmFlags.Exec);
        Map(Data, 0x4000, VmFlags.Read | VmFlags.Write);
        Map(StackBottom, StackTop - StackBottom, VmFlags.Read | VmFlags.Write);
        Memory.Write(Code, code);
        Registers.Eip = Code;
        Registers.Esp = StackTop - 0x1000;
    }

    internal TestCpu(Action<Assembler> program)
        : this(Assemble(program))
    {
    }

    internal AddressSpace Memory { get; }

    internal Registers Registers { get; } = new();

    internal Processor Processor { get; } = new();

    internal ulong Retired { get; private set; }

    internal static byte[] Assemble(Action<Assembler> program, uint at = Code, int bits = 32)
    {
        var assembler = new Assembler(bits);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        return stream.ToArray();
    }

    internal void Map(uint address, uint length, VmFlags protection) =>
        Assert.Equal(Errno.None, Memory.Map(address, length, protection | VmFlags.May, isFixed: true, null, 0, out _));

    /// <summary>Runs; <see cref="Retired"/> is what this run retired.</summary>
    internal Trap Run(ulong budget = 1_000_000)
    {
        var trap = Processor.Run(Registers, Memory, budget, out ulong retired);
        Retired = retired;
        return trap;
    }

    /// <summary>Maps the same memory twice: to execute, and to write.</summary>
    internal void MapTwice(uint code, uint data)
    {
        var shared = new SharedMemory(account, 1);
        foreach (var (address, flags) in ((uint, VmFlags)[])[(code, VmFlags.Read | VmFlags.Exec), (data, VmFlags.Read | VmFlags.Write)])
            Assert.Equal(Errno.None, Memory.Map(address, 0x1000, flags | VmFlags.May | VmFlags.Shared | VmFlags.MayShare, isFixed: true, shared, 0, out _));
    }

    internal uint Word(uint address)
    {
        Assert.True(Memory.TryRead(address, out uint value));
        return value;
    }

    public void Dispose()
    {
        Processor.Dispose();
        Registers.Dispose();
        Memory.Dispose();
        account.Dispose();
    }
}
