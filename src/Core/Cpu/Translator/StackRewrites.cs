using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>PUSH POP LEAVE.</summary>
internal static unsafe class StackRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Push, FlagEffect.None, KeepsScratch: true), Code.Push_r32, Code.Push_rm32, Code.Pushd_imm32, Code.Pushd_imm8);
        table.Add(new Rewrite(Pop, FlagEffect.None, KeepsScratch: true), Code.Pop_r32, Code.Pop_rm32);
        table.Add(new Rewrite(Leave, FlagEffect.None, KeepsScratch: true), Code.Leaved);
    }

    /// <summary>Bytes by which ADD or SUB of a constant moves ESP; null for any other instruction.</summary>
    internal static int? Distance(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Add or Mnemonic.Sub && instruction.Op0Register == Register.ESP ? ArithmeticRewrites.Step(instruction) : null;

    static bool Push(Emission e, in Instruction instruction, Op* op)
    {
        switch (instruction.Op0Kind)
        {
            case OpKind.Memory:
                if (!e.TryLook(instruction, op, 4, write: false)) return false;
                e.LoadOperand(e.Scratch, 4);
                e.LookStack(-4, write: true);
                e.StoreOperand(e.Scratch);
                break;
            case OpKind.Register:
                e.LookStack(-4, write: true);
                e.StoreOperand(Emission.HostOf(instruction.Op0Register));
                break;
            default:
                e.LookStack(-4, write: true);
                e.StoreOperandConstant((uint)instruction.GetImmediate(0));
                break;
        }
        e.MoveStack(-4);
        return true;
    }

    /// <summary>Pushes a constant: the return address of a call.</summary>
    internal static void PushConstant(Emission e, uint value)
    {
        e.LookStack(-4, write: true);
        e.StoreOperandConstant(value);
        e.MoveStack(-4);
    }

    static bool Pop(Emission e, in Instruction instruction, Op* op)
    {
        if (instruction.Op0Kind != OpKind.Register) return false;
        e.LookStack(0, write: false);
        e.LoadOperand(Emission.HostOf(instruction.Op0Register), 4);
        if (instruction.Op0Register != Register.ESP) e.MoveStack(4);
        else e.StackIsKnown();
        return true;
    }

    static bool Leave(Emission e, in Instruction instruction, Op* op)
    {
        e.LookStack(0, write: false, Rbp);
        // R8 is free once the operand was found, and nothing may change before the load.
        int early = e.UsesWindow ? R8 : Rbp;
        if (e.UsesWindow) e.LoadOperand(early, 4);
        e.Assembler.Lea(R15, Rbp, -1, 0, 4);
        e.StackIsKnown();
        if (!e.UsesWindow) e.LoadOperand(Rbp, 4);
        e.Assembler.Move(Rbp, early);
        return true;
    }
}
