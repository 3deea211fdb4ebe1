using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>Far CALL JMP RET and IRET among user code segments. Everything is read, checked and written before CS and ESP change.</summary>
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

    static void JumpPointer(CpuState* s, Op* op) => Jump(s, op, op->Immediate2, op->Immediate);

    static void JumpMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.Address(s, op);
        uint target = W.Read(s, op, address);
        Jump(s, op, Guest.Read<ushort>(s, op, address + (uint)W.Bits / 8), target);
    }

    static void Jump(CpuState* s, Op* op, ushort selector, uint target)
    {
        ulong descriptor = Check(s, op, selector, fromReturn: false);
        CheckLimit(s, op, descriptor, target);
        Enter(s, selector, target, descriptor);
    }

    static void CallPointer<W>(CpuState* s, Op* op) where W : struct, IWidth => Call<W>(s, op, op->Immediate2, op->Immediate);

    static void CallMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.Address(s, op);
        uint target = W.Read(s, op, address);
        Call<W>(s, op, Guest.Read<ushort>(s, op, address + (uint)W.Bits / 8), target);
    }

    /// <summary>CS and EIP are pushed one by one, before the target is held against its limit: a fault of what follows leaves them on the stack.</summary>
    static void Call<W>(CpuState* s, Op* op, ushort selector, uint target) where W : struct, IWidth
    {
        int size = W.Bits / 8;
        ulong descriptor = Check(s, op, selector, fromReturn: false);
        W.Write(s, op, Stack.Address(s, op, -size, (uint)size), s->Cs.Selector);
        W.Write(s, op, Stack.Address(s, op, -2 * size, (uint)size), op->Next);
        CheckLimit(s, op, descriptor, target);
        Stack.Move(s, -2 * size);
        Enter(s, selector, target, descriptor);
    }

    static void Return<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        int size = W.Bits / 8, release = (ushort)op->Immediate;
        ushort selector = (ushort)W.Read(s, op, Stack.Address(s, op, size, (uint)size));
        uint target = W.Read(s, op, Stack.Address(s, op, 0, (uint)size));
        CheckPrivilege<W>(s, op, selector, 3 * size + release);
        ulong descriptor = Check(s, op, selector, fromReturn: true);
        CheckLimit(s, op, descriptor, target);
        Stack.Move(s, 2 * size + release);
        Enter(s, selector, target, descriptor);
    }

    /// <summary>IRET at privilege 3: IF and IOPL stay; with NT it is a fault where the kernel is a 64-bit one, as where the vectors were recorded.</summary>
    static void InterruptReturn<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        if ((s->SystemFlags & Flags.NestedTask) != 0) GuestFault.Raise(s, op, Vectors.GeneralProtection);
        int size = W.Bits / 8;
        uint flags = W.Read(s, op, Stack.Address(s, op, 2 * size, (uint)size));
        uint target = W.Read(s, op, Stack.Address(s, op, 0, (uint)size));
        ushort selector = (ushort)W.Read(s, op, Stack.Address(s, op, size, (uint)size));
        CheckPrivilege<W>(s, op, selector, 4 * size);
        ulong descriptor = Check(s, op, selector, fromReturn: true);
        CheckLimit(s, op, descriptor, target);
        Stack.Move(s, 3 * size);
        Flags.SetUser(s, W.Bits == 16 ? (s->SystemFlags & 0xFFFF0000) | flags : flags);
        if (W.Bits == 32) s->SystemFlags = (s->SystemFlags & ~Flags.Resume) | (flags & Flags.Resume);
        Enter(s, selector, target, descriptor);
    }

    /// <summary>A return to another privilege fails, but not before the outer SS has been read, which may fault by itself.</summary>
    static void CheckPrivilege<W>(CpuState* s, Op* op, ushort selector, int outer) where W : struct, IWidth
    {
        if ((selector & 3) != 3) W.Read(s, op, Stack.Address(s, op, outer, (uint)W.Bits / 8));
    }

    static ulong Check(CpuState* s, Op* op, ushort selector, bool fromReturn)
    {
        byte vector = Segments.CheckCode(s, selector, fromReturn, out ulong descriptor, out uint code);
        if (vector != 0) GuestFault.Raise(s, op, vector, code);
        return descriptor;
    }

    static void CheckLimit(CpuState* s, Op* op, ulong descriptor, uint target)
    {
        SegmentState fresh;
        Segments.Fill(&fresh, 0, descriptor);
        if (target > fresh.Highest) GuestFault.Raise(s, op, Vectors.GeneralProtection);
    }

    /// <summary>The privilege in CS is the processor's, whatever the selector asked for.</summary>
    static void Enter(CpuState* s, ushort selector, uint target, ulong descriptor)
    {
        Segments.Fill(&s->Cs, (ushort)(selector | 3), descriptor);
        s->Eip = target;
        s->Event |= CpuEvent.Mode;
    }
}
