using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <content>Operands in memory: addressed through registers as they are when the instruction runs.</content>
internal sealed partial class SequenceBuilder
{
    static readonly Dictionary<ushort, uint> Bases = VectorLayout.Descriptors.ToDictionary(descriptor => descriptor.Selector, descriptor => descriptor.Base);

    void SetMemoryOperand(int i, OpCodeOperandKind operand)
    {
        switch (operand)
        {
            case OpCodeOperandKind.mem: SetMemory(i); break;
            case OpCodeOperandKind.mem_offs:
                instruction.SetOpKind(i, OpKind.Memory);
                SetDirect(Target(Size));
                break;
            case OpCodeOperandKind.seg_rSI: SetString(i, OpKind.MemorySegESI, Register.ESI, machine.Registers.Esi); break;
            case OpCodeOperandKind.seg_rDI: SetString(i, OpKind.MemorySegEDI, Register.EDI, machine.Registers.Edi); break;
            case OpCodeOperandKind.es_rDI: SetString(i, OpKind.MemoryESEDI, Register.EDI, machine.Registers.Edi); break;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = Register.EBX;
                instruction.MemoryIndex = Register.AL;
                break;
            default:
                throw new InvalidOperationException($"{form.Name}: operand kind {operand}");
        }
    }

    int Size => Math.Max(1, info.MemorySize.GetSize());

    /// <summary>The register points into the window, or is made to.</summary>
    void SetString(int i, OpKind operand, Register register, uint value)
    {
        instruction.SetOpKind(i, operand);
        if (value is < VectorLayout.DataWindow or >= VectorLayout.DataWindow + VectorState.DataSize || random.OneIn(4))
            Before(Instruction.Create(Code.Mov_r32_imm32, register, Target(16)));
    }

    /// <summary>A linear address: mostly in the window, where there are operands of the kind, or near where a register points; now and then at the edge of nothing.</summary>
    uint Target(int size)
    {
        var kind = FloatCases.Operand(form.Code);
        if (form.Code.Mnemonic() is Mnemonic.Fldcw or Mnemonic.Ldmxcsr) return VectorLayout.DataWindow + ((uint)random.Below(PartSize / 4) * 4);
        if (form.Code.Mnemonic() is Mnemonic.Fxrstor) return VectorLayout.DataWindow;
        if (random.OneIn(40)) return random.OneIn(2) ? VectorLayout.DataEnd - (uint)random.Below((2 * size) + 1) : VectorLayout.Data - (uint)random.Below((2 * size) + 1);
        if (random.OneIn(12)) return VectorLayout.DataMiddle - (uint)random.Below(size + 1);
        if (random.OneIn(12)) return VectorLayout.StackMiddle + (uint)(random.Below(64) - 32);
        uint target = VectorLayout.DataWindow + (uint)random.Below(Math.Max(1, VectorState.DataSize - size));
        int part = Array.IndexOf(Parts, kind, random.Below(5));
        if (part >= 0 && size <= PartSize && random.Chance(80)) target = VectorLayout.DataWindow + (uint)(part * PartSize) + (uint)random.Below(PartSize - size + 1);
        uint alignment = kind == OperandKind.Extended ? 16u : (uint)Math.Clamp(size, 1, 16);
        return random.OneIn(12) ? target : target & ~(alignment - 1);
    }

    void SetMemory(int i)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        uint target = Target(Size) - Bits();
        switch (random.Below(12))
        {
            case 0 or 1:
                SetDirect(target);
                return;
            case 2:
                instruction.SegmentPrefix = Register.FS;
                SetDirect(target - Bases[VectorLayout.SmallData]);
                return;
            case 3:
                SetMemory16(target - Bases[VectorLayout.Data16]);
                return;
            default:
                SetMemory32(target);
                return;
        }
    }

    /// <summary>The register that the operand in memory was chosen for.</summary>
    int? bitRegister;

    /// <summary>How far from its address a bit instruction goes.</summary>
    uint Bits()
    {
        if (form.Code.Mnemonic() is not (Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc) || info.OpCount < 2 || info.GetOpKind(1) is not (OpCodeOperandKind.r32_reg or OpCodeOperandKind.r16_reg)) return 0;
        int number = AnyGeneral();
        bitRegister = number;
        uint value = Value(number);
        return info.GetOpKind(1) == OpCodeOperandKind.r32_reg ? (uint)((int)value >> 5) * 4 : (uint)((short)value >> 4) * 2;
    }

    void SetMemory32(uint target)
    {
        int chosen = AnyGeneral();
        // A register that points nearby makes a short displacement.
        foreach (int other in (ReadOnlySpan<int>)[3, 6, 7, 5]) if (random.OneIn(2) && target - Value(other) + 128 < 256) chosen = other;
        instruction.MemoryBase = Register.EAX + chosen;
        uint offset = target - Value(chosen);
        int index = AnyGeneral();
        if (random.OneIn(4) && index != 4)
        {
            int scale = random.Below(4);
            instruction.MemoryIndex = Register.EAX + index;
            instruction.MemoryIndexScale = 1 << scale;
            offset -= Value(index) << scale;
        }
        instruction.MemoryDisplacement32 = offset;
        instruction.MemoryDisplSize = offset == 0 && chosen != 5 ? 0 : (int)offset is >= -128 and <= 127 ? 1 : 4;
    }

    void SetMemory16(uint target)
    {
        instruction.SegmentPrefix = Register.GS;
        var (@base, value) = random.Below(4) switch
        {
            0 => (Register.BX, machine.Registers.Ebx),
            1 => (Register.SI, machine.Registers.Esi),
            2 => (Register.DI, machine.Registers.Edi),
            _ => (Register.None, 0u),
        };
        instruction.MemoryBase = @base;
        instruction.MemoryDisplSize = 2;
        instruction.MemoryDisplacement32 = (target - value) & 0xFFFF;
    }

    void SetDirect(uint offset)
    {
        instruction.MemoryBase = instruction.MemoryIndex = Register.None;
        instruction.MemoryDisplSize = 4;
        instruction.MemoryDisplacement32 = offset;
    }

    uint Value(int register)
    {
        var r = machine.Registers;
        return register switch { 0 => r.Eax, 1 => r.Ecx, 2 => r.Edx, 3 => r.Ebx, 4 => r.Esp, 5 => r.Ebp, 6 => r.Esi, _ => r.Edi };
    }
}
