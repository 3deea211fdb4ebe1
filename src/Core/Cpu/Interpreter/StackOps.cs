using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>PUSH POP PUSHA POPA ENTER LEAVE.</summary>
internal static unsafe class StackOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Push_r16, &PushRegister16);
        table.Add(Code.Push_r32, &PushRegister32);
        table.Add(Code.Push_rm16, &PushRegister16, &PushMemory16);
        table.Add(Code.Push_rm32, &PushRegister32, &PushMemory32);
        table.Add(Code.Push_imm16, &PushImmediate16);
        table.Add(Code.Pushd_imm32, &PushImmediate32);
        table.Add(Code.Pushw_imm8, &PushImmediate16);
        table.Add(Code.Pushd_imm8, &PushImmediate32);
        table.Add(Code.Pop_r16, &PopRegister16);
        table.Add(Code.Pop_r32, &PopRegister32);
        table.Add(Code.Pop_rm16, &PopRegister16, &PopMemory16);
        table.Add(Code.Pop_rm32, &PopRegister32, &PopMemory32);
        table.Add(Code.Pushaw, &PushAll16);
        table.Add(Code.Pushad, &PushAll32);
        table.Add(Code.Popaw, &PopAll16);
        table.Add(Code.Popad, &PopAll32);
        table.Add(Code.Enterw_imm16_imm8, &Enter<W16>);
        table.Add(Code.Enterd_imm16_imm8, &Enter<W32>);
        table.Add(Code.Leavew, &Leave16);
        table.Add(Code.Leaved, &Leave32);
    }

    static void PushRegister16(CpuState* s, Op* op) => Stack.Push16(s, op, W16.Get(s, op->A));

    static void PushRegister32(CpuState* s, Op* op) => Stack.Push32(s, op, W32.Get(s, op->A));

    static void PushMemory16(CpuState* s, Op* op) => Stack.Push16(s, op, Guest.Read<ushort>(s, op, Guest.Address(s, op)));

    static void PushMemory32(CpuState* s, Op* op) => Stack.Push32(s, op, Guest.Read<uint>(s, op, Guest.Address(s, op)));

    static void PushImmediate16(CpuState* s, Op* op) => Stack.Push16(s, op, op->Immediate);

    static void PushImmediate32(CpuState* s, Op* op) => Stack.Push32(s, op, op->Immediate);

    static void PopRegister16(CpuState* s, Op* op) => W16.Set(s, op->A, Stack.Pop16(s, op));

    static void PopRegister32(CpuState* s, Op* op) => W32.Set(s, op->A, Stack.Pop32(s, op));

    /// <summary>The address is computed with ESP behind the value.</summary>
    static void PopMemory16(CpuState* s, Op* op)
    {
        uint before = s->Esp, value = Stack.Pop16(s, op), after = s->Esp;
        uint offset = Guest.Offset(s, op);
        s->Esp = before;
        Guest.Write(s, op, op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, SegmentRights.Write), (ushort)value);
        s->Esp = after;
    }

    static void PopMemory32(CpuState* s, Op* op)
    {
        uint before = s->Esp, value = Stack.Pop32(s, op), after = s->Esp;
        uint offset = Guest.Offset(s, op);
        s->Esp = before;
        Guest.Write(s, op, op->Special == 0 ? offset : Segments.OperandAddress(s, op, offset, SegmentRights.Write), value);
        s->Esp = after;
    }

    /// <summary>The registers are pushed one by one: a fault leaves those before it on the stack, and ESP as it was.</summary>
    static void PushAll16(CpuState* s, Op* op)
    {
        for (int i = 0; i < 8; i++) Guest.Write(s, op, Stack.Address(s, op, -2 - i * 2, 2), (ushort)s->Gpr[i]);
        Stack.Move(s, -16);
    }

    static void PushAll32(CpuState* s, Op* op)
    {
        for (int i = 0; i < 8; i++) Guest.Write(s, op, Stack.Address(s, op, -4 - i * 4, 4), s->Gpr[i]);
        Stack.Move(s, -32);
    }

    /// <summary>The registers are popped one by one: a fault leaves those before it loaded, and ESP as it was.</summary>
    static void PopAll16(CpuState* s, Op* op)
    {
        for (int i = 0; i < 8; i++)
        {
            uint value = Guest.Read<ushort>(s, op, Stack.Address(s, op, i * 2, 2));
            if (i != 3) W16.Set(s, (7 - i) * 4, value);
        }
        Stack.Move(s, 16);
    }

    static void PopAll32(CpuState* s, Op* op)
    {
        for (int i = 0; i < 8; i++)
        {
            uint value = Guest.Read<uint>(s, op, Stack.Address(s, op, i * 4, 4));
            if (i != 3) s->Gpr[7 - i] = value;
        }
        Stack.Move(s, 32);
    }

    /// <summary>ENTER: the frame pointers of up to 31 outer procedures are copied one by one, so that a fault leaves those copied before it on
    /// the stack, and EBP and ESP as they were.</summary>
    static void Enter<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        const int Ss = CpuState.SegmentOffset + 0x20;
        int size = W.Bits / 8, level = op->Immediate2 & 31, pushed = size;
        uint mask = Stack.Mask(s), frame = (s->Esp & ~mask) | (s->Esp - (uint)size & mask);
        W.Write(s, op, Stack.Address(s, op, -pushed, (uint)size), W.Get(s, CpuState.GprOffset + 20));
        for (int i = 1; i < level; i++)
        {
            uint offset = s->Ebp - (uint)(i * size) & mask;
            uint outer = W.Read(s, op, op->Special == 0 ? offset : Segments.Linear(s, op, Ss, offset, (uint)size, SegmentRights.Read));
            pushed += size;
            W.Write(s, op, Stack.Address(s, op, -pushed, (uint)size), outer);
        }
        if (level > 0)
        {
            pushed += size;
            W.Write(s, op, Stack.Address(s, op, -pushed, (uint)size), frame);
        }
        int final = pushed + (int)(op->Immediate & 0xFFFF);
        Guest.CheckWrite(s, op, Stack.Address(s, op, -final, (uint)size), size);
        W.Set(s, CpuState.GprOffset + 20, frame);
        Stack.Move(s, -final);
    }

    static void Leave16(CpuState* s, Op* op)
    {
        uint before = s->Esp;
        LoadFrame(s);
        uint value;
        try { value = Stack.Pop16(s, op); }
        catch (GuestFault) { s->Esp = before; throw; }
        W16.Set(s, CpuState.GprOffset + 20, value);
    }

    static void Leave32(CpuState* s, Op* op)
    {
        if (op->Special == 0)
        {
            uint ebp = s->Ebp, value = Guest.Read<uint>(s, op, ebp);
            s->Esp = ebp + 4;
            s->Ebp = value;
            return;
        }
        uint before = s->Esp;
        LoadFrame(s);
        try { s->Ebp = Stack.Pop32(s, op); }
        catch (GuestFault) { s->Esp = before; throw; }
    }

    static void LoadFrame(CpuState* s)
    {
        uint mask = Stack.Mask(s);
        s->Esp = (s->Esp & ~mask) | (s->Ebp & mask);
    }
}
