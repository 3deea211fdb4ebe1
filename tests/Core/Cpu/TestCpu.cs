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
        : this(CpuModel.Maximum, code)
    {
    }

    internal TestCpu(CpuModel model, params ReadOnlySpan<byte> code)
        : this(new Processor { Model = model }, code)
    {
    }

    internal TestCpu(Processor processor, params ReadOnlySpan<byte> code)
    {
        Processor = processor;
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

    internal Processor Processor { get; }

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

    /// <summary>Maps a file's bytes, privately.</summary>
    internal void MapFile(uint address, byte[] bytes, VmFlags protection)
    {
        var file = new SharedMemory(account, (uint)(bytes.Length / Frame.Size));
        for (uint page = 0; page < file.Pages; page++) bytes.AsSpan((int)page * Frame.Size, Frame.Size).CopyTo(file.GetPage(page).Bytes);
        Assert.Equal(Errno.None, Memory.Map(address, (uint)bytes.Length, protection | VmFlags.May, isFixed: true, file, 0, out _));
    }

    /// <summary>Runs; <see cref="Retired"/> is what this run retired.</summary>
    internal Trap Run(ulong budget = 1_000_000)
    {
        var trap = Processor.Run(Registers, Memory, budget, out ulong retired);
        Retired = retired;
        return trap;
    }

    /// <summary>Runs one instruction, with the bytes 4, 3, 2, 1 and zeros at EBX and where the data is, and then INT3.</summary>
    /// <param name="code">The instruction.</param>
    /// <param name="zero">ZF before it.</param>
    /// <returns>The vector that it ends with: 3 when it raises nothing and goes on behind itself.</returns>
    internal uint Try(ReadOnlySpan<byte> code, bool zero = false)
    {
        Registers.Reset();
        Memory.Clear(Code, 64);
        Memory.Write(Code, code);
        Memory.Write(Code + (uint)code.Length, [0xCC]);
        Memory.Clear(Data, 1024);
        Memory.Write(Data, [4, 3, 2, 1]);
        Registers.Eip = Code;
        Registers.Esp = StackTop - 0x1000;
        (Registers.Eax, Registers.Ebx, Registers.Ecx, Registers.Edx) = (0x12345678, Data, 1, 0x80);
        (Registers.Esi, Registers.Edi, Registers.Ebp) = (Data, Data, Registers.Esp);
        Registers.Eflags = zero ? 0x40u : 0;
        return Run(1000).Vector;
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
