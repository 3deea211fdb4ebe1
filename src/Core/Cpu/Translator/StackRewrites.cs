using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>PUSH POP LEAVE.</summary>
internal static unsafe class StackRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Push, FlagEffect.None), Code.Push_r32, Code.Push_rm32, Code.Pushd_imm32, Code.Pushd_imm8);
        table.Add(new Rewrite(Pop, FlagEffect.None), Code.Pop_r32, Code.Pop_rm32);
        table.Add(new Rewrite(Leave, FlagEffect.None), Code.Leaved);
    }

    static bool Push(Emission e, in Instruction instruction, Op* op)
    {
        switch (instruction.Op0Kind)
        {
            case OpKind.Memory:
                if (!e.TryLook(instruction, op, 4, write: false)) return false;
                e.Assembler.LoadIndexed(R14, R8, R9, 4);
                LookBelow(e);
                e.Assembler.StoreIndexed(R8, R9, R14);
                break;
            case OpKind.Register:
                LookBelow(e);
                e.Assembler.StoreIndexed(R8, R9, Emission.HostOf(instruction.Op0Register));
                break;
            default:
                LookBelow(e);
                e.Assembler.StoreImmediateIndexed(R8, R9, (uint)instruction.GetImmediate(0));
                break;
        }
        e.Assembler.Lea(R15, R15, -1, 0, -4);
        return true;
    }

    /// <summary>Pushes a constant: the return address of a call.</summary>
    internal static void PushConstant(Emission e, uint value)
    {
        LookBelow(e);
        e.Assembler.StoreImmediateIndexed(R8, R9, value);
        e.Assembler.Lea(R15, R15, -1, 0, -4);
    }

    static void LookBelow(Emission e)
    {
        e.Assembler.Lea(R8, R15, -1, 0, -4);
        e.Look(4, write: true);
    }

    static bool Pop(Emission e, in Instruction instruction, Op* op)
    {
        if (instruction.Op0Kind != OpKind.Register) return false;
        e.Assembler.Move(R8, R15);
        e.Look(4, write: false);
        if (instruction.Op0Register != Register.ESP) e.Assembler.Lea(R15, R15, -1, 0, 4);
        e.Assembler.LoadIndexed(Emission.HostOf(instruction.Op0Register), R8, R9, 4);
        return true;
    }

    static bool Leave(Emission e, in Instruction instruction, Op* op)
    {
        e.Assembler.Move(R8, Rbp);
        e.Look(4, write: false);
        e.Assembler.Lea(R15, Rbp, -1, 0, 4);
        e.Assembler.LoadIndexed(Rbp, R8, R9, 4);
        return true;
    }
}
