using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Interpreter;

/// <summary>DAA DAS AAA AAS AAM AAD.</summary>
internal static unsafe class DecimalOps
{
    internal static void Register(HandlerTable table)
    {
        table.Add(Code.Daa, &AdjustAdd);
        table.Add(Code.Das, &AdjustSubtract);
        table.Add(Code.Aaa, &AsciiAdd);
        table.Add(Code.Aas, &AsciiSubtract);
        table.Add(Code.Aam_imm8, &AsciiMultiply);
        table.Add(Code.Aad_imm8, &AsciiDivide);
    }

    static void AdjustAdd(CpuState* s, Op* op)
    {
        uint al = s->Eax & 0xFF, old = al;
        bool carry = Flags.Cf(s), adjust = Flags.Af(s) || (al & 15) > 9;
        if (adjust) al += 6;
        carry |= old > 0x99;
        if (carry) al += 0x60;
        SetLow(s, al, carry, adjust, overflow: ~old & al);
    }

    static void AdjustSubtract(CpuState* s, Op* op)
    {
        uint al = s->Eax & 0xFF, old = al;
        bool borrow = Flags.Cf(s), adjust = Flags.Af(s) || (al & 15) > 9, carry = false;
        if (adjust)
        {
            carry = borrow || al < 6;
            al -= 6;
        }
        if (borrow || old > 0x99)
        {
            al -= 0x60;
            carry = true;
        }
        SetLow(s, al, carry, adjust, overflow: old & ~al);
    }

    /// <summary>OF, undefined in the manual, is that of the sum or difference, as processors have it.</summary>
    static void SetLow(CpuState* s, uint al, bool carry, bool adjust, uint overflow)
    {
        W8.Set(s, 0, al);
        s->FlagResult = W8.SignExtend(al);
        s->FlagCarries = (carry ? 0xC0000000 : 0) | (adjust ? 8u : 0);
        s->FlagCarries ^= (overflow & 0x80) << 23;
    }

    /// <summary>OF, SF, ZF and PF, undefined in the manual, are those of the 16-bit sum before AL is cut.</summary>
    static void AsciiAdd(CpuState* s, Op* op)
    {
        bool adjust = Flags.Af(s) || (s->Eax & 15) > 9;
        SetAscii(s, ArithmeticOps.Add.Apply<W16>(s, s->Eax & 0xFFFF, adjust ? 0x106u : 0), adjust);
    }

    /// <summary>As <see cref="AsciiAdd"/>, of the difference.</summary>
    static void AsciiSubtract(CpuState* s, Op* op)
    {
        bool adjust = Flags.Af(s) || (s->Eax & 15) > 9;
        SetAscii(s, ArithmeticOps.Sub.Apply<W16>(s, s->Eax & 0xFFFF, adjust ? 0x106u : 0), adjust);
    }

    static void SetAscii(CpuState* s, uint ax, bool adjust)
    {
        W16.Set(s, 0, ax & 0xFF0F);
        Flags.SetCfOf(s, adjust ? 1u : 0, Flags.Of(s) ? 1u : 0);
        s->FlagCarries = (s->FlagCarries & ~8u) | (adjust ? 8u : 0);
    }

    static void AsciiMultiply(CpuState* s, Op* op)
    {
        uint @base = op->Immediate & 0xFF, al = s->Eax & 0xFF;
        if (@base == 0) GuestFault.Raise(s, op, Vectors.Divide);
        W16.Set(s, 0, (al / @base << 8) | al % @base);
        Flags.SetLogic(s, W8.SignExtend(al % @base));
    }

    /// <summary>CF, OF and AF, undefined in the manual, are those of the sum, as processors have it.</summary>
    static void AsciiDivide(CpuState* s, Op* op)
    {
        uint tens = (s->Eax >> 8 & 0xFF) * (op->Immediate & 0xFF) & 0xFF;
        W16.Set(s, 0, ArithmeticOps.Add.Apply<W8>(s, s->Eax & 0xFF, tens) & 0xFF);
    }
}
