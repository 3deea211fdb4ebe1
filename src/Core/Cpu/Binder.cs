using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Makes an <see cref="Op"/> of an instruction that Iced decoded: the same operand layout for every instruction.</summary>
internal static unsafe class Binder
{
    static readonly nint Undefined = (nint)(delegate*<CpuState*, Op*, void>)&Interpreter.SystemOps.Undefined;

    /// <summary>True for an instruction that the processor does not have.</summary>
    internal static bool IsUndefined(Op* op) => (nint)op->Run == Undefined;

    /// <summary>Fills <paramref name="op"/>.</summary>
    /// <param name="instruction">What was decoded.</param>
    /// <param name="op">Zeroed.</param>
    /// <param name="special">What the mode of the block asks of every memory operand.</param>
    /// <param name="features">What the processor has: an instruction that needs more is #UD.</param>
    internal static void Bind(in Instruction instruction, Op* op, OpSpecial special, CpuFeatures features)
    {
        var code = instruction.Code;
        op->CodeValue = (ushort)code;
        op->Start = (uint)instruction.IP;
        op->Next = (uint)instruction.NextIP;
        op->Base = op->Index = CpuState.ZeroOffset;
        op->A = op->B = op->C = CpuState.ZeroOffset;
        op->Special = special;
        bool memory = false;
        int count = instruction.OpCount;
        for (int i = 0; i < count; i++)
        {
            var kind = i == 0 ? instruction.Op0Kind : i == 1 ? instruction.Op1Kind : instruction.GetOpKind(i);
            switch (kind)
            {
                case OpKind.Register:
                    if (i == 0) op->A = RegisterOffset(instruction.Op0Register);
                    else if (i == 1) op->B = RegisterOffset(instruction.Op1Register);
                    else op->C = RegisterOffset(instruction.GetOpRegister(i));
                    break;
                case OpKind.Memory:
                    memory = true;
                    BindMemory(instruction, op);
                    break;
                case OpKind.NearBranch16 or OpKind.NearBranch32:
                    op->Immediate = (uint)instruction.NearBranchTarget;
                    break;
                case OpKind.FarBranch16:
                    op->Immediate = instruction.FarBranch16;
                    op->Immediate2 = instruction.FarBranchSelector;
                    break;
                case OpKind.FarBranch32:
                    op->Immediate = instruction.FarBranch32;
                    op->Immediate2 = instruction.FarBranchSelector;
                    break;
                case OpKind.Immediate8_2nd:
                    op->Immediate2 = instruction.Immediate8_2nd;
                    break;
                case >= OpKind.MemorySegSI and <= OpKind.MemoryESRDI:
                    BindString(instruction, op, kind);
                    break;
                default:
                    op->Immediate = (uint)instruction.GetImmediate(i);
                    break;
            }
        }
        var table = HandlerTable.Instance;
        var run = table.Find(code, memory);
        op->Traits = table.Traits(code)
            | (instruction.HasRepPrefix ? OpTraits.Rep : 0)
            | (instruction.HasRepnePrefix ? OpTraits.Repne : 0)
            | (instruction.HasLockPrefix ? OpTraits.Lock : 0);
        if ((op->Traits & (OpTraits.Rep | OpTraits.Repne)) != 0 && table.FindRepeated(code) != null)
        {
            run = table.FindRepeated(code);
            op->Traits |= OpTraits.EndsBlock;
        }
        if (run == null || (FeatureTable.Needed(code) & ~features) != 0)
        {
            run = (delegate*<CpuState*, Op*, void>)Undefined;
            op->Traits |= OpTraits.EndsBlock;
        }
        op->Run = run;
    }

    static void BindMemory(in Instruction instruction, Op* op)
    {
        var @base = instruction.MemoryBase;
        var index = instruction.MemoryIndex;
        if (@base != Register.None) op->Base = RegisterOffset(@base);
        if (index != Register.None) op->Index = RegisterOffset(index);
        op->Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        op->Displacement = (uint)instruction.MemoryDisplacement64;
        op->Segment = RegisterOffset(instruction.MemorySegment);
        op->Size = (ushort)instruction.MemorySize.GetSize();
        if (instruction.MemorySegment is Register.FS or Register.GS or Register.CS) op->Special |= OpSpecial.Segmented;
        if (@base.Is16() || index.Is16() || (@base == Register.None && index == Register.None && instruction.MemoryDisplSize == 2)) op->Special |= OpSpecial.Address16;
    }

    /// <summary>String operands: the registers are implied; <see cref="Op.Segment"/> is the source's.</summary>
    static void BindString(in Instruction instruction, Op* op, OpKind kind)
    {
        op->Size = (ushort)instruction.MemorySize.GetSize();
        if (kind is OpKind.MemorySegSI or OpKind.MemorySegDI or OpKind.MemoryESDI) op->Special |= OpSpecial.Address16;
        if (kind is OpKind.MemoryESDI or OpKind.MemoryESEDI)
        {
            if (op->Segment == 0) op->Segment = CpuState.SegmentOffset;
            return;
        }
        op->Segment = RegisterOffset(instruction.MemorySegment);
        if (instruction.MemorySegment is Register.FS or Register.GS) op->Special |= OpSpecial.Segmented;
    }

    static bool Is16(this Register register) => register is >= Register.AX and <= Register.DI;

    /// <summary>Where a register lies in <see cref="CpuState"/>; ST(i) is i, control and debug registers their number.</summary>
    internal static ushort RegisterOffset(Register register) => (ushort)(register switch
    {
        >= Register.EAX and <= Register.EDI => CpuState.GprOffset + (register - Register.EAX) * 4,
        >= Register.AX and <= Register.DI => CpuState.GprOffset + (register - Register.AX) * 4,
        >= Register.AL and <= Register.BL => CpuState.GprOffset + (register - Register.AL) * 4,
        >= Register.AH and <= Register.BH => CpuState.GprOffset + (register - Register.AH) * 4 + 1,
        >= Register.ES and <= Register.GS => CpuState.SegmentOffset + (register - Register.ES) * 16,
        >= Register.MM0 and <= Register.MM7 => CpuState.X87Offset + (register - Register.MM0) * 16,
        >= Register.XMM0 and <= Register.XMM7 => CpuState.XmmOffset + (register - Register.XMM0) * 16,
        >= Register.ST0 and <= Register.ST7 => register - Register.ST0,
        >= Register.CR0 and <= Register.CR8 => register - Register.CR0,
        >= Register.DR0 and <= Register.DR7 => register - Register.DR0,
        _ => CpuState.ZeroOffset,
    });
}
