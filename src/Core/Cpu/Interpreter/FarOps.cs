using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>Far CALL JMP RET and IRET among user code segments. Everything is read, checked and written before CS changes.</summary>
internal static unsafe class FarOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Jmp_ptr1616, &JumpPointer, OpTraits.EndsBlock);
        table.Add(Code.Jmp_ptr1632, &JumpPointer, OpTraits.EndsBlock);
        table.Add(Code.Jmp_m1616, null, &JumpMemory<W16>, OpTraits.EndsBlock);
        table.Add(Code.Jmp_m1632, null, &JumpMemory<W32>, OpTraits.EndsBlock);
        table.Add(Code.Call_ptr1616, &CallPointer<W16>, OpTraits.EndsBlock);
        table.Add(Code.Call_ptr1632, &CallPointer<W32>, OpTraits.EndsBlock);
        table.Add(Code.Call_m1616, null, &CallMemory<W16>, OpTraits.EndsBlock);
        table.Add(Code.Call_m1632, null, &CallMemory<W32>, OpTraits.EndsBlock);
        table.Add(Code.Retfw, &Return<W16>, OpTraits.EndsBlock);
        table.Add(Code.Retfd, &Return<W32>, OpTraits.EndsBlock);
        table.Add(Code.Retfw_imm16, &Return<W16>, OpTraits.EndsBlock);
        table.Add(Code.Retfd_imm16, &Return<W32>, OpTraits.EndsBlock);
        table.Add(Code.Iretw, &InterruptReturn<W16>, OpTraits.EndsBlock);
        table.Add(Code.Iretd, &InterruptReturn<W32>, OpTraits.EndsBlock);
    }

    static void JumpPointer(CpuState* s, Op* op) => Enter(s, op, op->Immediate2, op->Immediate, Check(s, op, op->Immediate2, op->Immediate, false));

    static void JumpMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.Address(s, op);
        uint target = W.Read(s, op, address);
        ushort selector = Guest.Read<ushort>(s, op, address + (uint)W.Bits / 8);
        Enter(s, op, selector, target, Check(s, op, selector, target, false));
    }

    static void CallPointer<W>(CpuState* s, Op* op) where W : struct, IWidth => Call<W>(s, op, op->Immediate2, op->Immediate);

    static void CallMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.Address(s, op);
        uint target = W.Read(s, op, address);
        Call<W>(s, op, Guest.Read<ushort>(s, op, address + (uint)W.Bits / 8), target);
    }

    static void Call<W>(CpuState* s, Op* op, ushort selector, uint target) where W : struct, IWidth
    {
        int size = W.Bits / 8;
        ulong descriptor = Check(s, op, selector, target, false);
        uint forSelector = Stack.Address(s, op, -size, (uint)size, SegmentRights.Write);
        uint forEip = Stack.Address(s, op, -2 * size, (uint)size, SegmentRights.Write);
        Guest.CheckWrite(s, op, forSelector, size);
        Guest.CheckWrite(s, op, forEip, size);
        W.Write(s, op, forSelector, s->Cs.Selector);
        W.Write(s, op, forEip, op->Next);
        Stack.Move(s, -2 * size);
        Enter(s, op, selector, target, descriptor);
    }

    static void Return<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        int size = W.Bits / 8;
        uint target = W.Read(s, op, Stack.Address(s, op, 0, (uint)size, SegmentRights.Read));
        ushort selector = (ushort)W.Read(s, op, Stack.Address(s, op, size, (uint)size, SegmentRights.Read));
        ulong descriptor = Check(s, op, selector, target, true);
        Stack.Move(s, 2 * size + (ushort)op->Immediate);
        Enter(s, op, selector, target, descriptor);
    }

    /// <summary>IRET at privilege 3: IF and IOPL stay; with NT it would be a task switch, which faults here as in Linux.</summary>
    static void InterruptReturn<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        const byte InvalidTss = 10;
        if ((s->SystemFlags & Flags.NestedTask) != 0) GuestFault.Raise(s, op, InvalidTss);
        int size = W.Bits / 8;
        uint target = W.Read(s, op, Stack.Address(s, op, 0, (uint)size, SegmentRights.Read));
        ushort selector = (ushort)W.Read(s, op, Stack.Address(s, op, size, (uint)size, SegmentRights.Read));
        uint flags = W.Read(s, op, Stack.Address(s, op, 2 * size, (uint)size, SegmentRights.Read));
        ulong descriptor = Check(s, op, selector, target, true);
        Stack.Move(s, 3 * size);
        Flags.SetUser(s, W.Bits == 16 ? (s->SystemFlags & 0xFFFF0000) | flags : flags);
        if (W.Bits == 32 && Breakpoints.Enabled(s)) s->SystemFlags = (s->SystemFlags & ~Flags.Resume) | (flags & Flags.Resume);
        Enter(s, op, selector, target, descriptor);
    }

    static ulong Check(CpuState* s, Op* op, ushort selector, uint target, bool fromReturn)
    {
        byte vector = Segments.CheckCode(s, selector, fromReturn, out ulong descriptor, out uint code);
        if (vector != 0) GuestFault.Raise(s, op, vector, code);
        SegmentState fresh;
        Segments.Fill(&fresh, selector, descriptor);
        if (target > fresh.Highest) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        return descriptor;
    }

    /// <summary>The privilege in CS is the processor's, whatever the selector asked for.</summary>
    static void Enter(CpuState* s, Op* op, ushort selector, uint target, ulong descriptor)
    {
        _ = op;
        Segments.Fill(&s->Cs, (ushort)(selector | 3), descriptor);
        s->Eip = target;
        s->Event |= CpuEvent.Mode;
    }
}
