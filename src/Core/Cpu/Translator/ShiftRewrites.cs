using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>SHL SHR SAR ROL ROR SHLD SHRD.</summary>
internal static unsafe class ShiftRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Shift, FlagEffect.Partial, KeepsScratch: true),
            Code.Shl_rm8_imm8, Code.Shl_rm8_1, Code.Shl_rm8_CL, Code.Shl_rm16_imm8, Code.Shl_rm16_1, Code.Shl_rm16_CL, Code.Shl_rm32_imm8,
            Code.Shl_rm32_1, Code.Shl_rm32_CL, Code.Shr_rm8_imm8, Code.Shr_rm8_1, Code.Shr_rm8_CL, Code.Shr_rm16_imm8, Code.Shr_rm16_1,
            Code.Shr_rm16_CL, Code.Shr_rm32_imm8, Code.Shr_rm32_1, Code.Shr_rm32_CL, Code.Sar_rm8_imm8, Code.Sar_rm8_1, Code.Sar_rm8_CL,
            Code.Sar_rm16_imm8, Code.Sar_rm16_1, Code.Sar_rm16_CL, Code.Sar_rm32_imm8, Code.Sar_rm32_1, Code.Sar_rm32_CL);
        table.Add(new Rewrite(Rotate, FlagEffect.Partial),
            Code.Rol_rm8_imm8, Code.Rol_rm8_1, Code.Rol_rm8_CL, Code.Rol_rm16_imm8, Code.Rol_rm16_1, Code.Rol_rm16_CL, Code.Rol_rm32_imm8,
            Code.Rol_rm32_1, Code.Rol_rm32_CL, Code.Ror_rm8_imm8, Code.Ror_rm8_1, Code.Ror_rm8_CL, Code.Ror_rm16_imm8, Code.Ror_rm16_1,
            Code.Ror_rm16_CL, Code.Ror_rm32_imm8, Code.Ror_rm32_1, Code.Ror_rm32_CL);
        table.Add(new Rewrite(Double, FlagEffect.Partial), Code.Shld_rm32_r32_imm8, Code.Shrd_rm32_r32_imm8, Code.Shld_rm32_r32_CL, Code.Shrd_rm32_r32_CL);
    }

    /// <summary>True when the count is known and not 0: then all flags are new.</summary>
    internal static bool SetsAll(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Shld or Mnemonic.Shrd && Count(instruction) is > 0;

    /// <summary>The count; null when it is in CL.</summary>
    static int? Count(in Instruction instruction)
    {
        int last = instruction.OpCount - 1;
        return instruction.GetOpKind(last) == OpKind.Register ? null : (int)instruction.GetImmediate(last) & 31;
    }

    static bool Shift(Emission e, in Instruction instruction, Op* op)
    {
        int size = ArithmeticRewrites.SizeOf(instruction), width = ArithmeticRewrites.WidthOf(size);
        if (!ArithmeticRewrites.TryLookIfMemory(e, instruction, op, size, writes: true)) return false;
        int? count = Count(instruction);
        var kind = instruction.Mnemonic switch { Mnemonic.Shl => FlagKind.Shl8, Mnemonic.Shr => FlagKind.Shr8, _ => FlagKind.Sar8 } + width;
        if (e.UsesWindow && instruction.Op0Kind == OpKind.Memory)
        {
            if (count == null) return ShiftByCl(e, instruction, size, kind);
            if (count == 0) return false;
        }
        if (count == 0) return true;
        var host = e.Rewritten(instruction);
        if (!e.IsObserved)
        {
            e.Forget(0);
            return e.TryEncode(host);
        }
        if (count is { } known)
        {
            int early = e.Early(R10, instruction);
            ArithmeticRewrites.Take(e, early, instruction, 0, size);
            if (!e.TryEncode(host)) return false;
            e.Assembler.Move(R10, early);
            e.Assembler.MoveImmediate(R11, (uint)known);
            // OF is defined for a count of 1, AF never.
            e.Note(kind, Flags.Status & ~Flags.Adjust & ~(known == 1 ? 0 : Flags.Overflow));
            return true;
        }
        e.SettleFlags();
        int same = e.Assembler.NewLabel();
        e.Assembler.TestByte(Rcx, 31);
        e.Assembler.JumpIf(HostCondition.Equal, same);
        ArithmeticRewrites.Take(e, R10, instruction, 0, size);
        KeepByCl(e, kind, R10);
        if (!e.TryEncode(host)) return false;
        e.Assembler.Place(same);
        e.LoseTrack();
        return true;
    }

    /// <summary>Memory in a window, by a count that may be 0: what is stored then is what was there, so that the right to write is asked for.</summary>
    static bool ShiftByCl(Emission e, in Instruction instruction, int size, FlagKind kind)
    {
        if (e.IsObserved) e.SettleFlags();
        e.LoadOperand(R8, size);
        e.Assembler.Move(R9, R8);
        var host = instruction;
        host.Op0Kind = OpKind.Register;
        host.Op0Register = HostStubs.Sized(R9, ArithmeticRewrites.WidthOf(size));
        if (!e.TryEncode(host)) return false;
        e.StoreOperand(R9, size);
        if (!e.IsObserved)
        {
            e.Forget(0);
            return true;
        }
        int same = e.Assembler.NewLabel();
        e.Assembler.TestByte(Rcx, 31);
        e.Assembler.JumpIf(HostCondition.Equal, same);
        KeepByCl(e, kind, R8);
        e.Assembler.Place(same);
        e.LoseTrack();
        return true;
    }

    /// <summary>Says what the flags come from: a value, shifted by CL, which is not 0.</summary>
    static void KeepByCl(Emission e, FlagKind kind, int value)
    {
        e.Assembler.Move(R10, value);
        e.Assembler.ZeroExtendByte(R11, Rcx);
        e.Assembler.AluImmediate(HostAlu.And, R11, 31);
        e.Assembler.StoreImmediate(R13, Context.ToFlagKind, (uint)kind);
    }

    static bool Rotate(Emission e, in Instruction instruction, Op* op)
    {
        int size = ArithmeticRewrites.SizeOf(instruction), width = ArithmeticRewrites.WidthOf(size);
        int? count = Count(instruction);
        if (e.UsesWindow && count is null or 0 && instruction.Op0Kind == OpKind.Memory) return false;
        if (!ArithmeticRewrites.TryLookIfMemory(e, instruction, op, size, writes: true)) return false;
        if (count == 0) return true;
        if (!e.IsObserved)
        {
            e.Forget(e.HostFlags & ~(Flags.Carry | Flags.Overflow));
            return e.TryEncode(e.Rewritten(instruction));
        }
        // CF and OF are those of a last step by one, for every count: they follow from the result.
        MultiplyRewrites.KeepBase(e);
        var kind = (instruction.Mnemonic == Mnemonic.Rol ? FlagKind.RotatedLeft8 : FlagKind.RotatedRight8) + width;
        int same = e.Assembler.NewLabel();
        if (count == null)
        {
            e.Assembler.TestByte(Rcx, 31);
            e.Assembler.JumpIf(HostCondition.Equal, same);
        }
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        ArithmeticRewrites.Take(e, e.Scratch, instruction, 0, size);
        e.Assembler.Store(R13, Context.ToProductA, e.Scratch);
        if (count == null)
        {
            e.Assembler.StoreImmediate(R13, Context.ToFlagKind, (uint)kind);
            e.Assembler.Place(same);
            e.LoseTrack();
        }
        else
        {
            e.Note(kind, ArithmeticRewrites.HasHigh(instruction) ? 0 : Flags.Carry);
        }
        return true;
    }

    static bool Double(Emission e, in Instruction instruction, Op* op)
    {
        if (!ArithmeticRewrites.TryLookIfMemory(e, instruction, op, 4, writes: true)) return false;
        int? count = Count(instruction);
        if (e.UsesWindow && count is null or 0 && instruction.Op0Kind == OpKind.Memory) return false;
        if (count == 0) return true;
        var host = e.Rewritten(instruction);
        if (!e.IsObserved)
        {
            e.Forget(0);
            return e.TryEncode(host);
        }
        var kind = instruction.Mnemonic == Mnemonic.Shld ? FlagKind.Shld32 : FlagKind.Shrd32;
        int same = e.Assembler.NewLabel();
        if (count == null)
        {
            e.SettleFlags();
            e.Assembler.TestByte(Rcx, 31);
            e.Assembler.JumpIf(HostCondition.Equal, same);
            e.Assembler.ZeroExtendByte(e.Scratch, Rcx);
            e.Assembler.AluImmediate(HostAlu.And, e.Scratch, 31);
            e.Assembler.Store(R13, Context.ToFlagC, e.Scratch);
            e.Assembler.StoreImmediate(R13, Context.ToFlagKind, (uint)kind);
        }
        int first = e.Early(R10, instruction), second = e.Early(R11, instruction);
        ArithmeticRewrites.Take(e, first, instruction, 0, 4);
        ArithmeticRewrites.Take(e, second, instruction, 1, 4);
        if (!e.TryEncode(host)) return false;
        e.Assembler.Move(R10, first);
        e.Assembler.Move(R11, second);
        if (count is { } known) e.Assembler.StoreImmediate(R13, Context.ToFlagC, (uint)known);
        e.Assembler.Place(same);
        if (count == null) e.LoseTrack();
        else e.Note(kind, Flags.Carry | Flags.Zero | Flags.Sign | Flags.Parity);
        return true;
    }
}
