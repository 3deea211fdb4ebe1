using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Vectors;

/// <summary>Runs a case on the emulated processor.</summary>
internal sealed class VectorMachine : IDisposable
{
    private readonly MemoryAccount account = new(1024);
    private readonly AddressSpace memory;
    private readonly Processor processor = new();
    private readonly Registers registers = new();
    private byte[] code = [];

    internal VectorMachine()
    {
        memory = new AddressSpace(account);
        VmFlags all = VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May;
        Assert.Equal(Errno.None, memory.Map(VectorCase.Memory, 0x1000, all, isFixed: true, null, 0, out _));
        Assert.Equal(Errno.None, memory.Map(VectorCase.Code, 0x1000, all, isFixed: true, null, 0, out _));
    }

    internal VectorCase Run(VectorCase input)
    {
        if (!input.Instruction.SequenceEqual(code))
        {
            code = input.Instruction.ToArray();
            memory.Write(VectorCase.Code, code);
            memory.Write(VectorCase.Code + (uint)code.Length, [0xf4]);
        }

        memory.Write(VectorCase.Memory, input.Operands);
        registers.Eax = input.GetGeneral(0);
        registers.Ecx = input.GetGeneral(1);
        registers.Edx = input.GetGeneral(2);
        registers.Ebx = input.GetGeneral(3);
        registers.Esi = input.GetGeneral(4);
        registers.Edi = input.GetGeneral(5);
        registers.Eflags = input.GetGeneral(6);
        registers.RestoreFxsr(input.Image);
        registers.Eip = VectorCase.Code;
        Trap trap = processor.Run(registers, memory, 1, out _);

        var result = new VectorCase
        {
            Signal = trap.Kind != TrapKind.Exception ? (byte)0 : trap.Vector switch { 0 or 16 or 19 => (byte)8, 6 => (byte)4, 1 or 3 => (byte)5, _ => (byte)11 },
        };
        memory.Read(VectorCase.Memory, result.Operands);
        result.SetGeneral(0, registers.Eax);
        result.SetGeneral(1, registers.Ecx);
        result.SetGeneral(2, registers.Edx);
        result.SetGeneral(3, registers.Ebx);
        result.SetGeneral(4, registers.Esi);
        result.SetGeneral(5, registers.Edi);
        result.SetGeneral(6, registers.Eflags);
        registers.SaveFxsr(result.Image);
        return result;
    }

    public void Dispose()
    {
        processor.Dispose();
        registers.Dispose();
        memory.Dispose();
        account.Dispose();
    }
}
