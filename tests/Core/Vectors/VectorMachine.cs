using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Runs cases on our processor as oracle.c runs them on the real one.</summary>
internal sealed class VectorMachine : IDisposable
{
    const VmFlags ReadWrite = VmFlags.Read | VmFlags.Write | VmFlags.May;
    const int Gone = 400;
    static readonly byte[] Zero = new byte[2 * VectorCase.PageSize];
    static readonly byte[] Breakpoints = [.. Enumerable.Repeat((byte)0xCC, (int)VectorCase.PageSize)];

    readonly MemoryAccount account = new(4096);
    readonly AddressSpace memory;
    readonly Registers registers = new();
    readonly Processor processor = new();

    internal VectorMachine()
    {
        memory = new AddressSpace(account);
        Map(VectorCase.CodeAt, VectorCase.PageSize, ReadWrite | VmFlags.Exec);
        Map(VectorCase.DataAt, 2 * VectorCase.PageSize, ReadWrite);
        Map(VectorCase.StackAt, 2 * VectorCase.PageSize, ReadWrite);
    }

    /// <summary>What comes out of a case.</summary>
    /// <param name="made">The case.</param>
    /// <param name="pieces">True to run with a budget of one at a time.</param>
    internal VectorCase Run(in VectorCase made, bool pieces = false)
    {
        memory.Write(VectorCase.CodeAt, Breakpoints);
        memory.Write(VectorCase.DataAt, Zero);
        memory.Write(VectorCase.StackAt, Zero);
        memory.Write(made.Eip, ((ReadOnlySpan<byte>)made.Code)[..(int)made.Length]);
        memory.Write(VectorCase.DataAt + VectorCase.Window, made.Data);
        memory.Write(VectorCase.StackAt + VectorCase.Window, made.Stack);
        (registers.Eax, registers.Ecx, registers.Edx, registers.Ebx) = (made.Gpr[0], made.Gpr[1], made.Gpr[2], made.Gpr[3]);
        (registers.Esp, registers.Ebp, registers.Esi, registers.Edi) = (made.Gpr[4], made.Gpr[5], made.Gpr[6], made.Gpr[7]);
        registers.Eip = made.Eip;
        registers.Eflags = made.Eflags;
        Trap trap = default;
        for (int i = 0; i < Gone && trap.Kind == TrapKind.None; i++) trap = processor.Run(registers, memory, pieces ? 1u : Gone, out _);
        var result = made;
        Span<uint> gpr = result.Gpr;
        ((ReadOnlySpan<uint>)[registers.Eax, registers.Ecx, registers.Edx, registers.Ebx, registers.Esp, registers.Ebp, registers.Esi, registers.Edi]).CopyTo(gpr);
        result.Trap = trap.Kind == TrapKind.Exception ? trap.Vector : uint.MaxValue;
        result.Eip = registers.Eip - (trap.Vector == 3 ? 1u : 0);
        result.Eflags = registers.Eflags & ~0x10000u;
        memory.Read(VectorCase.DataAt + VectorCase.Window, result.Data);
        memory.Read(VectorCase.StackAt + VectorCase.Window, result.Stack);
        return result;
    }

    public void Dispose()
    {
        processor.Dispose();
        registers.Dispose();
        memory.Dispose();
        account.Dispose();
    }

    void Map(uint address, uint length, VmFlags flags) => Assert.Equal(Errno.None, memory.Map(address, length, flags, isFixed: true, null, 0, out _));
}
