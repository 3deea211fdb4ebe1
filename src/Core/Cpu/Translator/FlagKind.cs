using CheckpointRestart.Core.Cpu.Interpreter;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>The operation that the six status flags come from; its operands are kept until somebody asks. In groups of three: 8, 16, 32 bits.</summary>
internal enum FlagKind
{
    /// <summary>EFLAGS itself is in the slot.</summary>
    Saved,
    /// <summary>A + B.</summary>
    Add8, Add16, Add32,
    /// <summary>A - B.</summary>
    Sub8, Sub16, Sub32,
    /// <summary>A is the result of AND, OR, XOR.</summary>
    Logic8, Logic16, Logic32,
    /// <summary>A is the result, bit 0 of B the carry that stayed.</summary>
    Inc8, Inc16, Inc32,
    Dec8, Dec16, Dec32,
    /// <summary>A + B with a carry; C is the result.</summary>
    Sum8, Sum16, Sum32,
    /// <summary>A - B with a borrow; C is the result.</summary>
    Difference8, Difference16, Difference32,
    /// <summary>The last kind that translated code can turn into host flags.</summary>
    LastSimple = Difference32,
    /// <summary>A shifted by B, which is not 0.</summary>
    Shl8, Shl16, Shl32,
    Shr8, Shr16, Shr32,
    Sar8, Sar16, Sar32,
    /// <summary>The last kind that translated code can turn into host flags but for OF and AF.</summary>
    LastShift = Sar32,
    /// <summary>A shifted by C, which is not 0, with bits of B coming in.</summary>
    Shld32, Shrd32,
    /// <summary>BSF and BSR of A.</summary>
    Forward32, Backward32,
    /// <summary>Product A * Product B, signed, of 16 and 32 bits: CF and OF alone; the others come from the base kind. These kinds are the last.</summary>
    Product16, Product32,
    /// <summary>As before, unsigned.</summary>
    UnsignedProduct32,
    /// <summary>Product A is what was rotated, by a count that is not 0: as with products.</summary>
    RotatedLeft8, RotatedLeft16, RotatedLeft32,
    RotatedRight8, RotatedRight16, RotatedRight32,
    /// <summary>CF alone is Product A; the others come from the base kind.</summary>
    Bit,
}

/// <summary>Flags between translated code and the interpreter.</summary>
internal static unsafe class TranslatedFlags
{
    /// <summary>Sets the interpreter's flags from what translated code kept.</summary>
    internal static void Settle(CpuState* s, TranslationContext* context)
    {
        var kind = context->FlagKind;
        if (kind >= FlagKind.Product16)
        {
            Settle(s, context, context->BaseKind);
            uint a = context->ProductA, b = context->ProductB;
            if (kind > FlagKind.UnsignedProduct32)
            {
                SettleTurned(s, kind, a);
                return;
            }
            bool wide = kind switch
            {
                FlagKind.Product16 => (short)a * (short)b is var product && product != (short)product,
                FlagKind.Product32 => (long)(int)a * (int)b is var product && product != (int)product,
                _ => (ulong)a * b > uint.MaxValue,
            };
            Flags.SetCfOf(s, wide ? 1u : 0, wide ? 1u : 0);
            return;
        }
        Settle(s, context, kind);
    }

    static void Settle(CpuState* s, TranslationContext* context, FlagKind kind)
    {
        uint a = context->FlagA, b = context->FlagB, c = context->FlagC;
        switch (kind)
        {
            case FlagKind.Saved: Flags.SetStatus(s, (uint)context->Slot); break;
            case FlagKind.Add8: ArithmeticOps.Add.Apply<W8>(s, (byte)a, (byte)b); break;
            case FlagKind.Add16: ArithmeticOps.Add.Apply<W16>(s, (ushort)a, (ushort)b); break;
            case FlagKind.Add32: ArithmeticOps.Add.Apply<W32>(s, a, b); break;
            case FlagKind.Sub8: ArithmeticOps.Sub.Apply<W8>(s, (byte)a, (byte)b); break;
            case FlagKind.Sub16: ArithmeticOps.Sub.Apply<W16>(s, (ushort)a, (ushort)b); break;
            case FlagKind.Sub32: ArithmeticOps.Sub.Apply<W32>(s, a, b); break;
            case FlagKind.Logic8: ArithmeticOps.SetLogic<W8>(s, a); break;
            case FlagKind.Logic16: ArithmeticOps.SetLogic<W16>(s, a); break;
            case FlagKind.Logic32: ArithmeticOps.SetLogic<W32>(s, a); break;
            case FlagKind.Inc8: KeepCarry(s, b); ArithmeticOps.Inc.Apply<W8>(s, (byte)(a - 1)); break;
            case FlagKind.Inc16: KeepCarry(s, b); ArithmeticOps.Inc.Apply<W16>(s, (ushort)(a - 1)); break;
            case FlagKind.Inc32: KeepCarry(s, b); ArithmeticOps.Inc.Apply<W32>(s, a - 1); break;
            case FlagKind.Dec8: KeepCarry(s, b); ArithmeticOps.Dec.Apply<W8>(s, (byte)(a + 1)); break;
            case FlagKind.Dec16: KeepCarry(s, b); ArithmeticOps.Dec.Apply<W16>(s, (ushort)(a + 1)); break;
            case FlagKind.Dec32: KeepCarry(s, b); ArithmeticOps.Dec.Apply<W32>(s, a + 1); break;
            case FlagKind.Sum8: ArithmeticOps.SetSum<W8>(s, (byte)a, (byte)b, c); break;
            case FlagKind.Sum16: ArithmeticOps.SetSum<W16>(s, (ushort)a, (ushort)b, c); break;
            case FlagKind.Sum32: ArithmeticOps.SetSum<W32>(s, a, b, c); break;
            case FlagKind.Difference8: ArithmeticOps.SetDifference<W8>(s, (byte)a, (byte)b, c); break;
            case FlagKind.Difference16: ArithmeticOps.SetDifference<W16>(s, (ushort)a, (ushort)b, c); break;
            case FlagKind.Difference32: ArithmeticOps.SetDifference<W32>(s, a, b, c); break;
            case FlagKind.Shl8: ShiftOps.Shl.Apply<W8>(s, (byte)a, (int)b); break;
            case FlagKind.Shl16: ShiftOps.Shl.Apply<W16>(s, (ushort)a, (int)b); break;
            case FlagKind.Shl32: ShiftOps.Shl.Apply<W32>(s, a, (int)b); break;
            case FlagKind.Shr8: ShiftOps.Shr.Apply<W8>(s, (byte)a, (int)b); break;
            case FlagKind.Shr16: ShiftOps.Shr.Apply<W16>(s, (ushort)a, (int)b); break;
            case FlagKind.Shr32: ShiftOps.Shr.Apply<W32>(s, a, (int)b); break;
            case FlagKind.Sar8: ShiftOps.Sar.Apply<W8>(s, (byte)a, (int)b); break;
            case FlagKind.Sar16: ShiftOps.Sar.Apply<W16>(s, (ushort)a, (int)b); break;
            case FlagKind.Sar32: ShiftOps.Sar.Apply<W32>(s, a, (int)b); break;
            case FlagKind.Shld32: ShiftOps.Shld.Apply<W32>(s, a, b, (int)c); break;
            case FlagKind.Shrd32: ShiftOps.Shrd.Apply<W32>(s, a, b, (int)c); break;
            case FlagKind.Forward32: SetScan(s, a, (uint)System.Numerics.BitOperations.TrailingZeroCount(a)); break;
            case FlagKind.Backward32: SetScan(s, a, (uint)System.Numerics.BitOperations.Log2(a)); break;
            default: throw new InvalidOperationException($"flags of kind {kind}");
        }
    }

    static void SettleTurned(CpuState* s, FlagKind kind, uint result)
    {
        if (kind == FlagKind.Bit)
        {
            Flags.SetCf(s, (result & 1) != 0);
            return;
        }
        int top = (8 << (kind - FlagKind.RotatedLeft8) % 3) - 1;
        uint highest = result >> top & 1;
        uint carry = kind < FlagKind.RotatedRight8 ? result & 1 : highest;
        Flags.SetCfOf(s, carry, highest ^ (kind < FlagKind.RotatedRight8 ? carry : result >> (top - 1) & 1));
    }

    static void KeepCarry(CpuState* s, uint carry) => s->FlagCarries = (carry & 1) * 0xC0000000;

    static void SetScan(CpuState* s, uint value, uint found)
    {
        const uint NotZero = 0x100;
        s->FlagCarries = 0;
        s->FlagResult = value == 0 ? 0 : found | NotZero;
    }
}
