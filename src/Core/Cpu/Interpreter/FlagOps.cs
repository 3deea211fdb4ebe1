using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>CLC STC CMC CLD STD LAHF SAHF SALC PUSHF POPF.</summary>
internal static unsafe class FlagOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Clc, &ClearCarry);
        table.Add(Code.Stc, &SetCarry);
        table.Add(Code.Cmc, &ComplementCarry);
        table.Add(Code.Cld, &ClearDirection);
        table.Add(Code.Std, &SetDirection);
        table.Add(Code.Lahf, &Load);
        table.Add(Code.Sahf, &Store);
        table.Add(Code.Salc, &SetAlFromCarry);
        table.Add(Code.Pushfw, &Push16);
        table.Add(Code.Pushfd, &Push32);
        table.Add(Code.Popfw, &Pop16, OpTraits.EndsBlock);
        table.Add(Code.Popfd, &Pop32, OpTraits.EndsBlock);
    }

    static void ClearCarry(CpuState* s, Op* op) => Flags.SetCf(s, false);

    static void SetCarry(CpuState* s, Op* op) => Flags.SetCf(s, true);

    static void ComplementCarry(CpuState* s, Op* op) => s->FlagCarries ^= 0xC0000000;

    static void ClearDirection(CpuState* s, Op* op) => s->SystemFlags &= ~Flags.Direction;

    static void SetDirection(CpuState* s, Op* op) => s->SystemFlags |= Flags.Direction;

    static void Load(CpuState* s, Op* op) => W8.Set(s, 1, (Flags.GetStatus(s) & 0xFF) | 2);

    static void Store(CpuState* s, Op* op) => Flags.SetStatus(s, (Flags.GetStatus(s) & Flags.Overflow) | (s->Eax >> 8 & 0xFF));

    static void SetAlFromCarry(CpuState* s, Op* op) => W8.Set(s, 0, Flags.Cf(s) ? 0xFFu : 0);

    static void Push16(CpuState* s, Op* op) => Stack.Push16(s, op, Flags.Get(s));

    static void Push32(CpuState* s, Op* op) => Stack.Push32(s, op, Flags.Get(s) & ~(Flags.Resume | Flags.Virtual8086));

    static void Pop16(CpuState* s, Op* op)
    {
        uint value = Stack.Pop16(s, op);
        Flags.SetUser(s, (s->SystemFlags & 0xFFFF0000) | value);
        s->Eip = op->Next;
    }

    static void Pop32(CpuState* s, Op* op)
    {
        Flags.SetUser(s, Stack.Pop32(s, op));
        s->Eip = op->Next;
    }
}
