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

    static void Jump(CpuState* s, Op* op) => s->Eip = op->Immediate;

    static void JumpRegister<W>(CpuState* s, Op* op) where W : struct, IWidth => s->Eip = W.Get(s, op->A);

    static void JumpMemory<W>(CpuState* s, Op* op) where W : struct, IWidth => s->Eip = W.Read(s, op, Guest.Address(s, op));

    static void Call16(CpuState* s, Op* op)
    {
        Stack.Push16(s, op, op->Next);
        s->Eip = op->Immediate;
    }

    static void Call32(CpuState* s, Op* op)
    {
        Stack.Push32(s, op, op->Next);
        s->Eip = op->Immediate;
    }

    static void CallRegister16(CpuState* s, Op* op)
    {
        uint target = W16.Get(s, op->A);
        Stack.Push16(s, op, op->Next);
        s->Eip = target;
    }

    static void CallRegister32(CpuState* s, Op* op)
    {
        uint target = W32.Get(s, op->A);
        Stack.Push32(s, op, op->Next);
        s->Eip = target;
    }

    static void CallMemory16(CpuState* s, Op* op)
    {
        uint target = W16.Read(s, op, Guest.Address(s, op));
        Stack.Push16(s, op, op->Next);
        s->Eip = target;
    }

    static void CallMemory32(CpuState* s, Op* op)
    {
        uint target = W32.Read(s, op, Guest.Address(s, op));
        Stack.Push32(s, op, op->Next);
        s->Eip = target;
    }

    static void Return16(CpuState* s, Op* op)
    {
        s->Eip = Stack.Pop16(s, op);
        Stack.Move(s, (ushort)op->Immediate);
    }

    static void Return32(CpuState* s, Op* op) => s->Eip = Stack.Pop32(s, op);

    static void Return32Release(CpuState* s, Op* op)
    {
        s->Eip = Stack.Pop32(s, op);
        Stack.Move(s, (ushort)op->Immediate);
    }

    static void Loop<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        W.Set(s, 4, W.Get(s, 4) - 1);
        s->Eip = W.Get(s, 4) != 0 ? op->Immediate : op->Next;
    }

    static void LoopEqual<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        W.Set(s, 4, W.Get(s, 4) - 1);
        s->Eip = W.Get(s, 4) != 0 && Flags.Zf(s) ? op->Immediate : op->Next;
    }

    static void LoopNotEqual<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        W.Set(s, 4, W.Get(s, 4) - 1);
        s->Eip = W.Get(s, 4) != 0 && !Flags.Zf(s) ? op->Immediate : op->Next;
    }

    static void JumpCountZero<W>(CpuState* s, Op* op) where W : struct, IWidth => s->Eip = W.Get(s, 4) == 0 ? op->Immediate : op->Next;
}
