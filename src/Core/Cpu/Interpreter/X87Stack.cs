using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>The register stack and what all x87 instructions share: the pending exception, the environment of an operation, its outcome (Intel SDM 1, 8.1 and 8.5).</summary>
internal static unsafe class X87Stack
{
    internal const int C0 = 0x100;
    internal const int C1 = 0x200;
    internal const int C2 = 0x400;
    internal const int C3 = 0x4000;
    internal const int StackFault = 0x40;

    /// <summary>ES and B: an unmasked exception is pending.</summary>
    internal const int Summary = 0x8080;

    internal const ushort InitialControl = 0x37f;

    private static ReadOnlySpan<byte> Precisions => [24, 64, 53, 64];

    /// <summary>Starts an instruction that waits: a pending unmasked exception is raised now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Wait(CpuState* s, Op* op)
    {
        if ((s->Fsw & Summary) != 0) GuestFault.Raise(s, op, Vectors.MathFault);
    }

    /// <summary>Starts an x87 instruction other than control: waits, and notes where the instruction is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Begin(CpuState* s, Op* op)
    {
        Wait(s, op);
        s->Fip = op->Start;
        s->Fcs = s->Cs.Selector;
    }

    /// <summary>Linear address of the operand to read, noted as last operand by <see cref="NoteOperand"/> once the access succeeded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint BeginMemory(CpuState* s, Op* op)
    {
        Wait(s, op);
        return Guest.Address(s, op);
    }

    /// <summary>Notes the instruction and its operand. The pointer holds the operand's offset, which in a flat segment is the linear address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void NoteOperand(CpuState* s, Op* op, uint address)
    {
        s->Fip = op->Start;
        s->Fcs = s->Cs.Selector;
        s->Fdp = op->Special == 0 ? address : SpecialOffset(s, op);
        s->Fds = Segments.At(s, op->Segment)->Selector;
    }

    private static uint SpecialOffset(CpuState* s, Op* op)
    {
        uint offset = Guest.Offset(s, op);
        return (op->Special & OpSpecial.Address16) == 0 ? offset : offset & 0xffff;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static FloatEnvironment Environment(CpuState* s)
    {
        int control = s->Fcw;
        return new FloatEnvironment
        {
            Rounding = (Rounding)((control >> 10) & 3),
            Precision = Precisions[(control >> 8) & 3],
            Masks = control & FloatFlags.All,
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static X87Register* Slot(CpuState* s, int i) => &s->R0 + ((s->Top + i) & 7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Float80 Get(CpuState* s, int i)
    {
        X87Register* slot = Slot(s, i);
        return new Float80(slot->Mantissa, slot->SignExponent);
    }

    /// <summary>Writes a register and marks it as in use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Set(CpuState* s, int i, Float80 value)
    {
        int physical = (s->Top + i) & 7;
        X87Register* slot = &s->R0 + physical;
        slot->Mantissa = value.Significand;
        slot->SignExponent = value.SignExponent;
        s->Tags |= (byte)(1 << physical);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsEmpty(CpuState* s, int i) => (s->Tags >> ((s->Top + i) & 7) & 1) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Pop(CpuState* s)
    {
        s->Tags &= (byte)~(1 << s->Top);
        s->Top = (byte)((s->Top + 1) & 7);
    }

    /// <summary>Pushes a value; the caller has seen that there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Push(CpuState* s, Float80 value)
    {
        s->Top = (byte)((s->Top - 1) & 7);
        Set(s, 0, value);
    }

    /// <summary>Puts flags and C1 into the status word; true when the result may be stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Commit(CpuState* s, Op* op, in FloatEnvironment env)
    {
        int status = (s->Fsw & ~C1) | env.Flags;
        if (env.RoundedUp) status |= C1;
        s->Fsw = (ushort)status;
        if ((env.Flags & ~env.Masks) == 0) return true;
        Pending(s, op);
        return !env.Refused;
    }

    /// <summary>Stack underflow (or overflow): true when invalid is masked and the indefinite value is to be stored.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool Fault(CpuState* s, Op* op, bool overflow)
    {
        s->Fsw = (ushort)((s->Fsw & ~C1) | StackFault | FloatFlags.Invalid | (overflow ? C1 : 0));
        if ((s->Fcw & FloatFlags.Invalid) != 0) return true;
        Pending(s, op);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void ClearC1(CpuState* s) => s->Fsw = (ushort)(s->Fsw & ~C1);

    /// <summary>Makes the exceptions in the status word pending and notes the opcode, which only an unmasked exception does (SDM 1, 8.1.9).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Pending(CpuState* s, Op* op)
    {
        s->Fsw |= Summary;
        var memory = Guest.Owner(s).Memory;
        uint address = s->Cs.Base + op->Start;
        byte first = 0xd8;

        // Prefixes are passed over; the bound is for an instruction that has just overwritten itself.
        for (int left = 15; left > 0; left--)
        {
            if (!memory.TryRead(address++, out first) || first is >= 0xd8 and <= 0xdf) break;
        }

        byte second = memory.TryRead(address, out byte operand) ? operand : (byte)0;
        s->Fop = (ushort)(((first & 7) << 8) | second);
    }

    /// <summary>Recomputes ES and B after the control or status word was loaded.</summary>
    internal static void Summarise(CpuState* s)
    {
        bool pending = (s->Fsw & ~s->Fcw & FloatFlags.All) != 0;
        s->Fsw = (ushort)(pending ? s->Fsw | Summary : s->Fsw & ~Summary);
    }
}
