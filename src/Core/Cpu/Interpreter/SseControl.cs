using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>LDMXCSR, STMXCSR and MOVNTI.</summary>
internal static unsafe class SseControl
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Ldmxcsr_m32, null, &Load);
        table.Add(Code.Stmxcsr_m32, null, &Store);
        table.Add(Code.Movnti_m32_r32, null, &StoreInteger);
    }

    private static void Load(CpuState* s, Op* op)
    {
        uint value = Guest.Read32(s, op, Guest.Address(s, op));
        if ((value & ~FxState.MxcsrMask) != 0) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        s->Mxcsr = value;
    }

    private static void Store(CpuState* s, Op* op)
    {
        Guest.Write32(s, op, Guest.WriteAddress(s, op), s->Mxcsr);
    }

    private static void StoreInteger(CpuState* s, Op* op) => Guest.Write32(s, op, Guest.WriteAddress(s, op), Guest.Register(s, op->B));
}
