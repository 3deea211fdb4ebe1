using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Near JMP CALL RET, Jcc, JECXZ, LOOP.</summary>
internal static unsafe class BranchRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Jump, FlagEffect.None), Code.Jmp_rel8_32, Code.Jmp_rel32_32);
        table.Add(new Rewrite(JumpThrough, FlagEffect.None), Code.Jmp_rm32);
        table.Add(new Rewrite(Call, FlagEffect.None, KeepsScratch: true), Code.Call_rel32_32);
        table.Add(new Rewrite(CallThrough, FlagEffect.None), Code.Call_rm32);
        table.Add(new Rewrite(Return, FlagEffect.None), Code.Retnd, Code.Retnd_imm16);
        table.Add(new Rewrite(Conditional, FlagEffect.None),
            Code.Jo_rel8_32, Code.Jno_rel8_32, Code.Jb_rel8_32, Code.Jae_rel8_32, Code.Je_rel8_32, Code.Jne_rel8_32, Code.Jbe_rel8_32,
            Code.Ja_rel8_32, Code.Js_rel8_32, Code.Jns_rel8_32, Code.Jp_rel8_32, Code.Jnp_rel8_32, Code.Jl_rel8_32, Code.Jge_rel8_32,
            Code.Jle_rel8_32, Code.Jg_rel8_32, Code.Jo_rel32_32, Code.Jno_rel32_32, Code.Jb_rel32_32, Code.Jae_rel32_32, Code.Je_rel32_32,
            Code.Jne_rel32_32, Code.Jbe_rel32_32, Code.Ja_rel32_32, Code.Js_rel32_32, Code.Jns_rel32_32, Code.Jp_rel32_32, Code.Jnp_rel32_32,
            Code.Jl_rel32_32, Code.Jge_rel32_32, Code.Jle_rel32_32, Code.Jg_rel32_32);
        table.Add(new Rewrite(CountZero, FlagEffect.None), Code.Jecxz_rel8_32);
        table.Add(new Rewrite(Loop, FlagEffect.None), Code.Loop_rel8_32_ECX);
    }

    /// <summary>The status flags that an instruction reads, as a mask of EFLAGS.</summary>
    internal static uint FlagsRead(in Instruction instruction)
    {
        var bits = instruction.RflagsRead;
        return ((bits & RflagsBits.CF) != 0 ? Flags.Carry : 0) | ((bits & RflagsBits.PF) != 0 ? Flags.Parity : 0) | ((bits & RflagsBits.AF) != 0 ? Flags.Adjust : 0)
            | ((bits & RflagsBits.ZF) != 0 ? Flags.Zero : 0) | ((bits & RflagsBits.SF) != 0 ? Flags.Sign : 0) | ((bits & RflagsBits.OF) != 0 ? Flags.Overflow : 0);
    }

    static bool Jump(Emission e, in Instruction instruction, Op* op)
    {
        if (!e.Continues) e.JumpTo((uint)instruction.NearBranchTarget, null);
        return true;
    }

    static bool Conditional(Emission e, in Instruction instruction, Op* op)
    {
        if (!e.TryLoadFlags(FlagsRead(instruction))) return false;
        var condition = (HostCondition)(instruction.ConditionCode - ConditionCode.o);
        if (e.Continues)
        {
            // Where both lead to the same place there is nothing to leave.
            if (instruction.NearBranchTarget == instruction.NextIP) return true;
            if (e.NextEip == (uint)instruction.NextIP) e.LeaveTo((uint)instruction.NearBranchTarget, condition);
            else e.LeaveTo((uint)instruction.NextIP, condition ^ (HostCondition)1);
            return true;
        }
        e.JumpTo((uint)instruction.NearBranchTarget, condition);
        e.JumpTo((uint)instruction.NextIP, null);
        return true;
    }

    static bool JumpThrough(Emission e, in Instruction instruction, Op* op)
    {
        if (!TryTarget(e, instruction, op)) return false;
        e.JumpIndirect();
        return true;
    }

    static bool Call(Emission e, in Instruction instruction, Op* op)
    {
        StackRewrites.PushConstant(e, (uint)instruction.NextIP);
        if (!e.Continues) e.JumpTo((uint)instruction.NearBranchTarget, null);
        return true;
    }

    static bool CallThrough(Emission e, in Instruction instruction, Op* op)
    {
        if (!TryTarget(e, instruction, op)) return false;
        StackRewrites.PushConstant(e, (uint)instruction.NextIP);
        e.JumpIndirect();
        return true;
    }

    static bool Return(Emission e, in Instruction instruction, Op* op)
    {
        e.LookStack(0, write: false);
        e.LoadOperand(e.Scratch, 4);
        e.MoveStack(4 + (instruction.OpCount > 0 ? instruction.Immediate16 : 0));
        if (e.Continues) e.ContinueAt(e.NextEip);
        else e.JumpIndirect();
        return true;
    }

    static bool CountZero(Emission e, in Instruction instruction, Op* op)
    {
        e.Assembler.Test(Rcx, Rcx);
        e.JumpTo((uint)instruction.NearBranchTarget, HostCondition.Equal);
        e.JumpTo((uint)instruction.NextIP, null);
        return true;
    }

    static bool Loop(Emission e, in Instruction instruction, Op* op)
    {
        e.Assembler.AluImmediate(HostAlu.Sub, Rcx, 1);
        e.JumpTo((uint)instruction.NearBranchTarget, HostCondition.NotEqual);
        e.JumpTo((uint)instruction.NextIP, null);
        return true;
    }

    /// <summary>Reads where an indirect branch leads into R14.</summary>
    static bool TryTarget(Emission e, in Instruction instruction, Op* op)
    {
        if (instruction.Op0Kind == OpKind.Memory && !e.TryLook(instruction, op, 4, write: false)) return false;
        ArithmeticRewrites.Take(e, e.Scratch, instruction, 0, 4);
        return true;
    }
}
