using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>XCHG XADD CMPXCHG CMPXCHG8B. One machine is one thread, so each is atomic with or without LOCK.</summary>
internal static unsafe class ExchangeOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Xchg_rm8_r8, &SwapRegister<W8>, &SwapMemory<W8>);
        table.Add(Code.Xchg_rm16_r16, &SwapRegister<W16>, &SwapMemory<W16>);
        table.Add(Code.Xchg_rm32_r32, &SwapRegister<W32>, &SwapMemory<W32>);
        table.Add(Code.Xchg_r16_AX, &SwapRegister<W16>);
        table.Add(Code.Xchg_r32_EAX, &SwapRegister<W32>);
        table.Add(Code.Xadd_rm8_r8, &AddRegister<W8>, &AddMemory<W8>);
        table.Add(Code.Xadd_rm16_r16, &AddRegister<W16>, &AddMemory<W16>);
        table.Add(Code.Xadd_rm32_r32, &AddRegister<W32>, &AddMemory<W32>);
        table.Add(Code.Cmpxchg_rm8_r8, &CompareRegister<W8>, &CompareMemory<W8>);
        table.Add(Code.Cmpxchg_rm16_r16, &CompareRegister<W16>, &CompareMemory<W16>);
        table.Add(Code.Cmpxchg_rm32_r32, &CompareRegister<W32>, &CompareMemory<W32>);
        table.Add(Code.Cmpxchg8b_m64, null, &CompareEight);
    }

    static void SwapRegister<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint value = W.Get(s, op->A);
        W.Set(s, op->A, W.Get(s, op->B));
        W.Set(s, op->B, value);
    }

    static void SwapMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        uint value = host != null ? W.Load(host) : W.Read(s, op, address);
        if (host != null) W.Store(host, W.Get(s, op->B));
        else W.Write(s, op, address, W.Get(s, op->B));
        W.Set(s, op->B, value);
    }

    static void AddRegister<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint value = W.Get(s, op->A);
        uint sum = ArithmeticOps.Add.Apply<W>(s, value, W.Get(s, op->B));
        W.Set(s, op->B, value);
        W.Set(s, op->A, sum);
    }

    static void AddMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        uint value = host != null ? W.Load(host) : W.Read(s, op, address);
        uint sum = ArithmeticOps.Add.Apply<W>(s, value, W.Get(s, op->B));
        if (host != null) W.Store(host, sum);
        else W.Write(s, op, address, sum);
        W.Set(s, op->B, value);
    }

    static void CompareRegister<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint value = W.Get(s, op->A), expected = W.Get(s, 0);
        ArithmeticOps.Cmp.Apply<W>(s, expected, value);
        if (value == expected) W.Set(s, op->A, W.Get(s, op->B));
        else W.Set(s, 0, value);
    }

    /// <summary>The operand is written in any case: a page without the right to write faults.</summary>
    static void CompareMemory<W>(CpuState* s, Op* op) where W : struct, IWidth
    {
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, W.Bits / 8);
        uint value = host != null ? W.Load(host) : W.Read(s, op, address), expected = W.Get(s, 0);
        ArithmeticOps.Cmp.Apply<W>(s, expected, value);
        if (value != expected) W.Set(s, 0, value);
        else if (host != null) W.Store(host, W.Get(s, op->B));
        else W.Write(s, op, address, W.Get(s, op->B));
    }

    static void CompareEight(CpuState* s, Op* op)
    {
        uint address = Guest.WriteAddress(s, op);
        byte* host = Guest.Modify(s, op, address, 8);
        ulong value = host != null ? *(ulong*)host : Guest.Read<ulong>(s, op, address);
        bool equal = value == (s->Eax | ((ulong)s->Edx << 32));
        if (equal)
        {
            ulong fresh = s->Ebx | ((ulong)s->Ecx << 32);
            if (host != null) *(ulong*)host = fresh;
            else Guest.Write(s, op, address, fresh);
        }
        else
        {
            s->Eax = (uint)value;
            s->Edx = (uint)(value >> 32);
        }
        Flags.SetStatus(s, (Flags.GetStatus(s) & ~Flags.Zero) | (equal ? Flags.Zero : 0));
    }
}
