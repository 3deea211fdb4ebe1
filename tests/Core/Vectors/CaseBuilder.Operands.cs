using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <content>Operands: registers and immediates.</content>
internal sealed partial class CaseBuilder
{
    void SetOperand(int i, OpCodeOperandKind operand)
    {
        switch (operand)
        {
            case OpCodeOperandKind.r8_or_mem: SetEither(i, Register.AL + random.Below(8)); break;
            case OpCodeOperandKind.r16_or_mem: SetEither(i, Register.AX + AnyGeneral()); break;
            case OpCodeOperandKind.r32_or_mem: SetEither(i, Register.EAX + AnyGeneral()); break;
            case OpCodeOperandKind.mm_or_mem: SetEither(i, Register.MM0 + random.Below(8)); break;
            case OpCodeOperandKind.xmm_or_mem: SetEither(i, Register.XMM0 + random.Below(8)); break;
            case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode: SetRegister(i, Register.AL + random.Below(8)); break;
            case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm: SetRegister(i, Register.AX + AnyGeneral()); break;
            case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm: SetRegister(i, Register.EAX + AnyGeneral()); break;
            case OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm: SetRegister(i, Register.MM0 + random.Below(8)); break;
            case OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm: SetRegister(i, Register.XMM0 + random.Below(8)); break;
            case OpCodeOperandKind.st0: SetRegister(i, Register.ST0); break;
            case OpCodeOperandKind.sti_opcode: SetRegister(i, Register.ST0 + (random.OneIn(2) ? 1 : random.Below(8))); break;
            case OpCodeOperandKind.al: SetRegister(i, Register.AL); break;
            case OpCodeOperandKind.cl: SetRegister(i, Register.CL); break;
            case OpCodeOperandKind.ax: SetRegister(i, Register.AX); break;
            case OpCodeOperandKind.dx: SetRegister(i, Register.DX); break;
            case OpCodeOperandKind.eax: SetRegister(i, Register.EAX); break;
            case OpCodeOperandKind.es: SetRegister(i, Register.ES); break;
            case OpCodeOperandKind.cs: SetRegister(i, Register.CS); break;
            case OpCodeOperandKind.ss: SetRegister(i, Register.SS); break;
            case OpCodeOperandKind.ds: SetRegister(i, Register.DS); break;
            case OpCodeOperandKind.fs: SetRegister(i, Register.FS); break;
            case OpCodeOperandKind.gs: SetRegister(i, Register.GS); break;
            case OpCodeOperandKind.imm8 when i > 0 && info.GetOpKind(i - 1) is OpCodeOperandKind.imm16 or OpCodeOperandKind.imm8:
                instruction.SetOpKind(i, OpKind.Immediate8_2nd);
                instruction.Immediate8_2nd = (byte)random.Value();
                break;
            case OpCodeOperandKind.imm8: SetImmediate(i, OpKind.Immediate8, (byte)random.Value()); break;
            case OpCodeOperandKind.imm8_const_1: SetImmediate(i, OpKind.Immediate8, 1); break;
            case OpCodeOperandKind.imm8sex16: SetImmediate(i, OpKind.Immediate8to16, (ulong)(sbyte)random.Value()); break;
            case OpCodeOperandKind.imm8sex32: SetImmediate(i, OpKind.Immediate8to32, (ulong)(sbyte)random.Value()); break;
            case OpCodeOperandKind.imm16: SetImmediate(i, OpKind.Immediate16, (ushort)random.Value()); break;
            case OpCodeOperandKind.imm32: SetImmediate(i, OpKind.Immediate32, random.Value()); break;
            case OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2:
                instruction.SetOpKind(i, OpKind.NearBranch16);
                instruction.NearBranch16 = (ushort)CodeTarget();
                break;
            case OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4:
                instruction.SetOpKind(i, OpKind.NearBranch32);
                instruction.NearBranch32 = CodeTarget();
                break;
            case OpCodeOperandKind.seg_reg: SetRegister(i, random.Of<Register>(SegmentRegisters)); break;
            case OpCodeOperandKind.cr_reg: SetRegister(i, random.Of<Register>([Register.CR0, Register.CR2, Register.CR3, Register.CR4])); break;
            case OpCodeOperandKind.dr_reg: SetRegister(i, Register.DR0 + random.Below(8)); break;
            case OpCodeOperandKind.farbr2_2: SetFarBranch(i, OpKind.FarBranch16); break;
            case OpCodeOperandKind.farbr4_2: SetFarBranch(i, OpKind.FarBranch32); break;
            default: SetMemoryOperand(i, operand); break;
        }
    }

    /// <summary>Any general register; ESP less often.</summary>
    int AnyGeneral()
    {
        int chosen = random.Below(8);
        return chosen == 4 && !random.OneIn(3) ? random.Below(4) : chosen;
    }

    void SetEither(int i, Register register)
    {
        if (form.Has(FormTraits.Memory)) SetMemory(i);
        else SetRegister(i, register);
    }

    void SetRegister(int i, Register register)
    {
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
    }

    void SetImmediate(int i, OpKind operand, ulong value)
    {
        instruction.SetOpKind(i, operand);
        instruction.SetImmediate(i, (long)value);
    }

    /// <summary>An offset in CS behind the code, where an INT3 waits; near enough for a short branch.</summary>
    uint CodeTarget() => made.Eip + 20 + (uint)random.Below(100);
}
