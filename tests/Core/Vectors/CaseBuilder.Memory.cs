using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <content>Operands in memory: where they lie, and how they are addressed.</content>
internal sealed partial class CaseBuilder
{
    static readonly (Register Base, Register Index)[] Pairs16 =
    [
        (Register.BX, Register.SI), (Register.BX, Register.DI), (Register.BP, Register.SI), (Register.BP, Register.DI),
        (Register.SI, Register.None), (Register.DI, Register.None), (Register.BP, Register.None), (Register.BX, Register.None), (Register.None, Register.None),
    ];

    static readonly Register[] SegmentRegisters = [Register.ES, Register.CS, Register.SS, Register.DS, Register.FS, Register.GS];

    static readonly Dictionary<int, uint> Bases = VectorLayout.Descriptors.ToDictionary(descriptor => (int)descriptor.Selector, descriptor => descriptor.Base);

    bool SmallAddresses => form.Has(FormTraits.Address16) != form.Has(FormTraits.Code16);

    /// <summary>Bytes of the operand in memory; 1 when it has no size.</summary>
    int OperandSize => Math.Max(1, info.MemorySize.GetSize());

    void SetMemoryOperand(int i, OpCodeOperandKind operand)
    {
        switch (operand)
        {
            case OpCodeOperandKind.mem:
                SetMemory(i);
                break;
            case OpCodeOperandKind.mem_offs:
                instruction.SetOpKind(i, OpKind.Memory);
                SetDirect(Target(OperandSize) - SegmentBase(ChooseSegment(Register.DS)));
                break;
            case OpCodeOperandKind.seg_rSI: SetString(i, SmallAddresses ? OpKind.MemorySegSI : OpKind.MemorySegESI, 6, ChooseSegment(Register.DS)); break;
            case OpCodeOperandKind.seg_rDI: SetString(i, SmallAddresses ? OpKind.MemorySegDI : OpKind.MemorySegEDI, 7, ChooseSegment(Register.DS)); break;
            case OpCodeOperandKind.es_rDI: SetString(i, SmallAddresses ? OpKind.MemoryESDI : OpKind.MemoryESEDI, 7, Register.ES); break;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = SmallAddresses ? Register.BX : Register.EBX;
                instruction.MemoryIndex = Register.AL;
                made.Gpr[3] = Small(3, Target(1) - SegmentBase(ChooseSegment(Register.DS)) - (made.Gpr[0] & 0xFF));
                break;
            default:
                throw new InvalidOperationException($"{form.Name}: operand kind {operand}");
        }
    }

    /// <summary>Where the operand in memory was put.</summary>
    uint placed;

    /// <summary>The operand must hold what the case wants: it lies whole in the window, and aligned.</summary>
    bool IsChosen => (form.Code.Mnemonic() is Mnemonic.Jmp or Mnemonic.Call or Mnemonic.Ldmxcsr or Mnemonic.Fxrstor && !SystemForms.Contains(form.Code)) || SystemForms.IsEmulated(form.Code);

    uint Target(int size) => placed = IsChosen ? VectorLayout.DataWindow + (uint)(random.Below(Math.Max(0, VectorState.DataSize - size) / 16 + 1) * 16) : FindTarget(size);

    /// <summary>A linear address: mostly inside the window that is compared, now and then across the pages, at the edge of nothing, or in nothing.</summary>
    uint FindTarget(int size)
    {
        if (form.Has(FormTraits.Alike)) return FindAlikeTarget(size);
        switch (random.Below(24))
        {
            case 0 or 1: return VectorLayout.DataMiddle - (uint)random.Below(size + 1);
            case 2: return VectorLayout.DataEnd - (uint)random.Below((2 * size) + 2);
            case 3: return VectorLayout.Data - (uint)random.Below(size + 1);
            case 4 when random.OneIn(2): return random.OneIn(2) ? VectorLayout.Data - 64 - (uint)size : VectorLayout.DataEnd + (uint)random.Below(64);
        }
        uint target = VectorLayout.DataWindow + 64 + (uint)random.Below(VectorState.DataSize - 128 - Math.Min(size, 256));
        if (kind != OperandKind.None && !random.OneIn(10)) target &= ~15u;
        if (form.Has(FormTraits.Aligned) && random.OneIn(2)) target &= ~(uint)(Math.Min(size, 16) - 1);
        return target;
    }

    void SetMemory(int i)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        if (UndefinedBits.HoldsPointers(form.Code)) SetBase(7);
        else if (SmallAddresses) SetMemory16();
        else SetMemory32();
    }

    void SetMemory32()
    {
        if (random.OneIn(8))
        {
            SetDirect(Target(OperandSize) - SegmentBase(ChooseSegment(Register.DS)));
            return;
        }
        int chosen = random.Below(8);
        if (chosen == 4 && IsChosen) chosen = 3;
        var segment = ChooseSegment(chosen is 4 or 5 ? Register.SS : Register.DS);
        instruction.MemoryBase = Register.EAX + chosen;
        uint offset = 0;
        if (random.OneIn(2))
        {
            instruction.MemoryDisplSize = random.OneIn(2) ? 1 : 4;
            offset = instruction.MemoryDisplSize == 1 ? (uint)(sbyte)random.Next() : random.Value();
            instruction.MemoryDisplacement32 = offset;
        }
        int index = random.Below(8);
        bool indexed = random.OneIn(3) && index != 4 && index != chosen;
        if (indexed)
        {
            int scale = random.Below(4);
            instruction.MemoryIndex = Register.EAX + index;
            instruction.MemoryIndexScale = 1 << scale;
            if (chosen == 4) made.Gpr[index] = 0;
            offset += made.Gpr[index] << scale;
        }
        if (chosen != 4)
        {
            made.Gpr[chosen] = Target(OperandSize) - offset - SegmentBase(segment);
            return;
        }
        // The stack pointer stays where the stack is.
        if (instruction.MemoryDisplSize == 0) return;
        instruction.MemoryDisplSize = 1;
        instruction.MemoryDisplacement32 = (uint)(sbyte)random.Next() & 0xFFFFFFFC;
    }

    /// <summary>Only a base register.</summary>
    void SetBase(int register)
    {
        instruction.MemoryBase = Register.EAX + register;
        made.Gpr[register] = Target(OperandSize) - SegmentBase(Register.DS);
    }

    void SetMemory16()
    {
        var (@base, index) = random.Of<(Register, Register)>(Pairs16);
        var segment = ChooseSegment(@base == Register.BP ? Register.SS : Register.DS);
        uint target = Target(OperandSize) - SegmentBase(segment);
        if (@base == Register.None)
        {
            SetDirect(target);
            return;
        }
        instruction.MemoryBase = @base;
        instruction.MemoryIndex = index;
        uint offset = 0;
        if (random.OneIn(2) || (@base == Register.BP && index == Register.None))
        {
            instruction.MemoryDisplSize = random.OneIn(2) ? 1 : 2;
            offset = instruction.MemoryDisplSize == 1 ? (uint)(sbyte)random.Next() : random.Value();
            instruction.MemoryDisplacement32 = offset & 0xFFFF;
        }
        if (index != Register.None) offset += made.Gpr[index.GetNumber()];
        int number = @base.GetNumber();
        made.Gpr[number] = Small(number, target - offset);
    }

    void SetDirect(uint offset)
    {
        instruction.MemoryBase = instruction.MemoryIndex = Register.None;
        instruction.MemoryDisplSize = SmallAddresses ? 2 : 4;
        instruction.MemoryDisplacement32 = SmallAddresses ? offset & 0xFFFF : offset;
    }

    void SetString(int i, OpKind operand, int register, Register segment)
    {
        instruction.SetOpKind(i, operand);
        made.Gpr[register] = Small(register, Target(OperandSize) - SegmentBase(segment));
        if (form.Has(FormTraits.Rep) || form.Has(FormTraits.Repne)) made.Gpr[1] = Small(1, (uint)random.Below(20));
    }

    /// <summary>The value of a register of which the lower half is used: the upper half keeps what it has.</summary>
    uint Small(int register, uint value) => SmallAddresses ? (made.Gpr[register] & 0xFFFF0000) | (value & 0xFFFF) : value;

    /// <summary>The segment of an operand: the usual one, or one that a prefix names.</summary>
    Register ChooseSegment(Register usual)
    {
        if (form.Has(FormTraits.Segmented) ? random.OneIn(3) : usual == Register.SS ? SmallAddresses : !random.OneIn(8)) return usual;
        var chosen = form.Has(FormTraits.Segmented) ? random.Of<Register>(SegmentRegisters) : random.OneIn(2) ? Register.ES : Register.DS;
        if (chosen != usual) instruction.SegmentPrefix = chosen;
        return chosen;
    }

    uint SegmentBase(Register segment) => Bases.GetValueOrDefault(segment switch
    {
        Register.ES => made.Es,
        Register.CS => made.Cs,
        Register.SS => made.Ss,
        Register.DS => made.Ds,
        Register.FS => made.Fs,
        _ => made.Gs,
    } | 3);

    void ChooseSegments()
    {
        made.Ds = AnyData();
        made.Es = AnyData();
        made.Fs = AnyData();
        made.Gs = AnyData();
        made.Ss = random.Of<ushort>([VectorLayout.FlatData, VectorLayout.FlatData, VectorLayout.Stack16, VectorLayout.SmallStack, VectorLayout.DownStack]);
        if (!form.Has(FormTraits.Code16) && random.OneIn(4)) made.Cs = random.Of<ushort>([VectorLayout.ExecuteOnlyCode, VectorLayout.SmallCode]);
        if (made.Cs == VectorLayout.SmallCode) made.Eip = VectorLayout.CodeStart;
    }

    ushort AnyData() => random.Of<ushort>(
    [
        VectorLayout.FlatData, VectorLayout.ReadOnlyData, VectorLayout.SmallData, VectorLayout.Data16, VectorLayout.DownData, VectorLayout.DownData16, VectorLayout.FlatCode,
        VectorLayout.SmallData, VectorLayout.DownData, 0,
    ]);

    /// <summary>ESP: inside the window, now and then odd, or near an end of the stack.</summary>
    void SetStackPointer()
    {
        uint linear = random.Below(16) switch
        {
            0 => VectorLayout.Stack + (uint)random.Below(64),
            1 => VectorLayout.StackEnd - (uint)random.Below(64),
            2 => VectorLayout.StackMiddle + (uint)random.Below(64) - 32,
            _ => VectorLayout.StackMiddle + (uint)((random.Below(32) - 16) * 4),
        };
        uint offset = linear - Bases[made.Ss];
        made.Gpr[4] = made.Ss == VectorLayout.Stack16 ? (made.Gpr[4] & 0xFFFF0000) | (offset & 0xFFFF) : offset;
    }
}
