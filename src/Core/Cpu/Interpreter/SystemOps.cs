using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>System calls, traps, and instructions that user mode may not use.</summary>
internal static unsafe class SystemOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Int_imm8, &Interrupt, OpTraits.EndsBlock);
        table.Add(Code.Sysenter, &SysEnter, OpTraits.EndsBlock);
    }

    /// <summary>The end of a block that no instruction ends.</summary>
    internal static void Continue(CpuState* s, Op* op) => s->Eip = op->Next;

    /// <summary>What the processor does not have.</summary>
    internal static void Undefined(CpuState* s, Op* op) => GuestFault.Raise(s, op, Vectors.InvalidOpcode);

    static void Interrupt(CpuState* s, Op* op)
    {
        if (op->Immediate != 0x80) GuestFault.Raise(s, op, Vectors.GeneralProtection, (op->Immediate << 3) | 2);
        s->Eip = op->Next;
        s->Event |= CpuEvent.SystemCall;
    }

    static void SysEnter(CpuState* s, Op* op)
    {
        s->Eip = op->Next;
        s->Event |= CpuEvent.SysEnter;
    }
}
