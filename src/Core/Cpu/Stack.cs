using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Pushes and pops. A fault leaves ESP as it was.</summary>
internal static unsafe class Stack
{
    const int Ss = CpuState.SegmentOffset + 0x20;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Push32(CpuState* s, Op* op, uint value)
    {
        if (op->Special == 0)
        {
            uint esp = s->Esp - 4;
            Guest.Write(s, op, esp, value);
            s->Esp = esp;
        }
        else
        {
            PushSlow32(s, op, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Pop32(CpuState* s, Op* op)
    {
        if (op->Special != 0) return PopSlow32(s, op);
        uint value = Guest.Read<uint>(s, op, s->Esp);
        s->Esp += 4;
        return value;
    }

    internal static void Push16(CpuState* s, Op* op, uint value)
    {
        Guest.Write(s, op, Address(s, op, -2, 2), (ushort)value);
        Move(s, -2);
    }

    internal static uint Pop16(CpuState* s, Op* op)
    {
        uint value = Guest.Read<ushort>(s, op, Address(s, op, 0, 2));
        Move(s, 2);
        return value;
    }

    /// <summary>Linear address of the stack's bytes at SP + <paramref name="delta"/>. SS holds nothing that cannot be read and written.</summary>
    internal static uint Address(CpuState* s, Op* op, int delta, uint size) =>
        op->Special == 0 ? s->Esp + (uint)delta : Segments.Linear(s, op, Ss, s->Esp + (uint)delta & Mask(s), size, SegmentRights.Write);

    /// <summary>Moves SP or ESP, as the stack segment has it.</summary>
    internal static void Move(CpuState* s, int delta)
    {
        uint mask = Mask(s);
        s->Esp = (s->Esp & ~mask) | (s->Esp + (uint)delta & mask);
    }

    /// <summary>The part of ESP that a push changes: all, or SP alone.</summary>
    internal static uint Mask(CpuState* s) => (s->Ss.Rights & SegmentRights.Big) != 0 ? uint.MaxValue : 0xFFFF;

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void PushSlow32(CpuState* s, Op* op, uint value)
    {
        Guest.Write(s, op, Address(s, op, -4, 4), value);
        Move(s, -4);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static uint PopSlow32(CpuState* s, Op* op)
    {
        uint value = Guest.Read<uint>(s, op, Address(s, op, 0, 4));
        Move(s, 4);
        return value;
    }
}
