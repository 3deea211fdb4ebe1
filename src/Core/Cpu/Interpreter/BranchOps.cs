using System.Runtime.CompilerServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>Near JMP CALL RET, LOOP, JCXZ.</summary>
internal static unsafe class BranchOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Jmp_rel8_16, &Jump, OpTraits.EndsBlock);
        table.Add(Code.Jmp_rel8_32, &Jump, OpTraits.EndsBlock);
        table.Add(Code.Jmp_rel16, &Jump, OpTraits.EndsBlock);
        table.Add(Code.Jmp_rel32_32, &Jump, OpTraits.EndsBlock);
        table.Add(Code.Jmp_rm16, &JumpRegister<W16>, &JumpMemory<W16>, OpTraits.EndsBlock);
        table.Add(Code.Jmp_rm32, &JumpRegister<W32>, &JumpMemory<W32>, OpTraits.EndsBlock);
        table.Add(Code.Call_rel16, &Call16, OpTraits.EndsBlock);
        table.Add(Code.Call_rel32_32, &Call32, OpTraits.EndsBlock);
        table.Add(Code.Call_rm16, &CallRegister16, &CallMemory16, OpTraits.EndsBlock);
        table.Add(Code.Call_rm32, &CallRegister32, &CallMemory32, OpTraits.EndsBlock);
        table.Add(Code.Retnw, &Return16, OpTraits.EndsBlock);
        table.Add(Code.Retnd, &Return32, OpTraits.EndsBlock);
        table.Add(Code.Retnw_imm16, &Return16, OpTraits.EndsBlock);
        table.Add(Code.Retnd_imm16, &Return32Release, OpTraits.EndsBlock);
        table.Add(Code.Loopne_rel8_16_CX, &LoopNotEqual<W16>, OpTraits.EndsBlock);
        table.Add(Code.Loopne_rel8_32_CX, &LoopNotEqual<W16>, OpTraits.EndsBlock);
        table.Add(Code.Loopne_rel8_16_ECX, &LoopNotEqual<W32>, OpTraits.EndsBlock);
        table.Add(Code.Loopne_rel8_32_ECX, &LoopNotEqual<W32>, OpTraits.EndsBlock);
        table.Add(Code.Loope_rel8_16_CX, &LoopEqual<W16>, OpTraits.EndsBlock);
        table.Add(Code.Loope_rel8_32_CX, &LoopEqual<W16>, OpTraits.EndsBlock);
        table.Add(Code.Loope_rel8_16_ECX, &LoopEqual<W32>, OpTraits.EndsBlock);
        table.Add(Code.Loope_rel8_32_ECX, &LoopEqual<W32>, OpTraits.EndsBlock);
        table.Add(Code.Loop_rel8_16_CX, &Loop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Loop_rel8_32_CX, &Loop<W16>, OpTraits.EndsBlock);
        table.Add(Code.Loop_rel8_16_ECX, &Loop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Loop_rel8_32_ECX, &Loop<W32>, OpTraits.EndsBlock);
        table.Add(Code.Jcxz_rel8_16, &JumpCountZero<W16>, OpTraits.EndsBlock);
        table.Add(Code.Jcxz_rel8_32, &JumpCountZero<W16>, OpTraits.EndsBlock);
        table.Add(Code.Jecxz_rel8_16, &JumpCountZero<W32>, OpTraits.EndsBlock);
        table.Add(Code.Jecxz_rel8_32, &JumpCountZero<W32>, OpTraits.EndsBlock);
    }

    static void Jump(CpuState* s, Op* op) => Go(s, op, op->Immediate);

    static void JumpRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => Go(s, op, W.Get(s, op->A));

    static void JumpMemory<W>(CpuState* s, Op* op) where W : struct, IWidth => Go(s, op, W.Read(s, op, Guest.Address(s, op)));

    static void Call16(CpuState* s, Op* op) => Call16(s, op, op->Immediate);

    static void Call32(CpuState* s, Op* op) => Call32(s, op, op->Immediate);

    static void CallRegister16(CpuState* s, Op* op) => Call16(s, op, W16.Get(s, op->A));

    static void CallRegister32(CpuState* s, Op* op) => Call32(s, op, W32.Get(s, op->A));

    static void CallMemory16(CpuState* s, Op* op) => Call16(s, op, W16.Read(s, op, Guest.Address(s, op)));

    static void CallMemory32(CpuState* s, Op* op) => Call32(s, op, W32.Read(s, op, Guest.Address(s, op)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Call16(CpuState* s, Op* op, uint target)
    {
        CheckCall(s, op, target, 2);
        Stack.Push16(s, op, op->Next);
        s->Eip = target;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Call32(CpuState* s, Op* op, uint target)
    {
        CheckCall(s, op, target, 4);
        Stack.Push32(s, op, op->Next);
        s->Eip = target;
    }

    static void Return16(CpuState* s, Op* op)
    {
        uint target = Guest.Read<ushort>(s, op, Stack.Address(s, op, 0, 2));
        Go(s, op, target);
        Stack.Move(s, 2 + (ushort)op->Immediate);
    }

    static void Return32(CpuState* s, Op* op)
    {
        if (op->Special == 0) s->Eip = Stack.Pop32(s, op);
        else Return32Release(s, op);
    }

    static void Return32Release(CpuState* s, Op* op)
    {
        uint target = Guest.Read<uint>(s, op, Stack.Address(s, op, 0, 4));
        Go(s, op, target);
        Stack.Move(s, 4 + (ushort)op->Immediate);
    }

    /// <summary>A near branch; one to behind the limit of CS is a fault of the branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Go(CpuState* s, Op* op, uint target)
    {
        Check(s, op, target);
        s->Eip = target;
    }

    /// <summary>The stack's limit, and its page, come before the limit of CS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void CheckCall(CpuState* s, Op* op, uint target, int size)
    {
        if (op->Special == 0) return;
        Guest.CheckWrite(s, op, Stack.Address(s, op, -size, (uint)size), size);
        Check(s, op, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Check(CpuState* s, Op* op, uint target)
    {
        if (op->Special != 0 && target > s->Cs.Highest) GuestFault.Raise(s, op, Vectors.GeneralProtection);
    }

    static void Loop<W>(CpuState* s, Op* op) where W : struct, IWidth => Loop<W>(s, op, true);

    static void LoopEqual<W>(CpuState* s, Op* op) where W : struct, IWidth => Loop<W>(s, op, Flags.Zf(s));

    static void LoopNotEqual<W>(CpuState* s, Op* op) where W : struct, IWidth => Loop<W>(s, op, !Flags.Zf(s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Loop<W>(CpuState* s, Op* op, bool more) where W : struct, IWidth
    {
        uint count = W.Get(s, 4) - 1;
        bool taken = more && (W.Bits == 32 ? count : (ushort)count) != 0;
        if (taken) Check(s, op, op->Immediate);
        W.Set(s, 4, count);
        s->Eip = taken ? op->Immediate : op->Next;
    }

    static void JumpCountZero<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        if (W.Get(s, 4) == 0) Go(s, op, op->Immediate);
        else s->Eip = op->Next;
    }
}
