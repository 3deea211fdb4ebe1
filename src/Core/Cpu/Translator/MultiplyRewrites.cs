using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>MUL IMUL DIV IDIV BSF BSR BT POPCNT CRC32.</summary>
internal static unsafe class MultiplyRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Multiply, FlagEffect.Partial),
            Code.Mul_rm32, Code.Imul_rm32, Code.Imul_r16_rm16, Code.Imul_r32_rm32, Code.Imul_r16_rm16_imm16, Code.Imul_r32_rm32_imm32, Code.Imul_r16_rm16_imm8,
            Code.Imul_r32_rm32_imm8);
        table.Add(new Rewrite(Divide, FlagEffect.Partial), Code.Div_rm32, Code.Idiv_rm32);
        table.Add(new Rewrite(Scan, FlagEffect.Full, KeepsScratch: true), Code.Bsf_r32_rm32, Code.Bsr_r32_rm32);
        table.Add(new Rewrite(Count, FlagEffect.Full), Code.Popcnt_r16_rm16, Code.Popcnt_r32_rm32);
        table.Add(new Rewrite(Check, FlagEffect.None), Code.Crc32_r32_rm8, Code.Crc32_r32_rm16, Code.Crc32_r32_rm32);
        table.Add(new Rewrite(Bit, FlagEffect.Partial),
            Code.Bt_rm32_imm8, Code.Bts_rm32_imm8, Code.Btr_rm32_imm8, Code.Btc_rm32_imm8, Code.Bt_rm32_r32, Code.Bts_rm32_r32, Code.Btr_rm32_r32, Code.Btc_rm32_r32);
    }

    static bool Multiply(Emission e, in Instruction instruction, Op* op)
    {
        int operands = instruction.OpCount, source = operands == 1 ? 0 : 1;
        int size = operands == 1 ? 4 : ArithmeticRewrites.SizeOf(instruction);
        if (instruction.GetOpKind(source) == OpKind.Memory && !e.TryLook(instruction, op, size, write: false)) return false;
        if (e.IsObserved)
        {
            KeepBase(e);
            ArithmeticRewrites.Take(e, e.Scratch, instruction, source, size);
            e.Assembler.Store(R13, Context.ToProductA, e.Scratch);
            if (operands == 1) e.Assembler.Move(e.Scratch, Rax);
            else ArithmeticRewrites.Take(e, e.Scratch, instruction, operands == 2 ? 0 : 2, size);
            e.Assembler.Store(R13, Context.ToProductB, e.Scratch);
        }
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        if (!e.IsObserved) e.Forget(Flags.Carry | Flags.Overflow);
        else e.Note(instruction.Mnemonic == Mnemonic.Mul ? FlagKind.UnsignedProduct32 : size == 2 ? FlagKind.Product16 : FlagKind.Product32, Flags.Carry | Flags.Overflow);
        return true;
    }

    /// <summary>What the flags come from that a product leaves alone: what they come from now, unless that is a product itself.</summary>
    internal static void KeepBase(Emission e)
    {
        e.SettleFlags();
        if (e.Known is { } known)
        {
            if (known < FlagKind.Product16) e.Assembler.StoreImmediate(R13, Context.ToBaseKind, (uint)known);
            return;
        }
        int product = e.Assembler.NewLabel();
        e.Assembler.Load(e.Scratch, R13, Context.ToFlagKind);
        e.Assembler.AluImmediate(HostAlu.Cmp, e.Scratch, (int)FlagKind.Product16);
        e.Assembler.JumpIf(HostCondition.AboveOrEqual, product);
        e.Assembler.Store(R13, Context.ToBaseKind, e.Scratch);
        e.Assembler.Place(product);
    }

    /// <summary>As <see cref="KeepBase"/>, before something that leaves OF too: a product's would be lost.</summary>
    static bool TryKeepAllBase(Emission e)
    {
        e.SettleFlags();
        if (e.Known is { } known)
        {
            if (known is >= FlagKind.Product16 and not FlagKind.Bit) return false;
            if (known != FlagKind.Bit) e.Assembler.StoreImmediate(R13, Context.ToBaseKind, (uint)known);
            return true;
        }
        e.Assembler.Load(e.Scratch, R13, Context.ToFlagKind);
        e.Assembler.AluImmediate(HostAlu.Cmp, e.Scratch, (int)FlagKind.Product16);
        e.HostFlags = 0;
        e.Assembler.JumpIf(HostCondition.AboveOrEqual, e.InterpretHere());
        e.Assembler.Store(R13, Context.ToBaseKind, e.Scratch);
        return true;
    }

    /// <summary>What would fault is left to the interpreter before.</summary>
    static bool Divide(Emission e, in Instruction instruction, Op* op)
    {
        const int Kept = (int)(Flags.Carry | Flags.Overflow), Set = (int)(Flags.Adjust | Flags.Fixed);
        if (instruction.Op0Kind == OpKind.Memory && !e.TryLook(instruction, op, 4, write: false)) return false;
        if (e.IsObserved)
        {
            if (!e.TryLoadFlags(Kept)) return false;
            e.Assembler.PushFlags();
            e.Assembler.PopMemory(R13, Context.ToKept);
        }
        ArithmeticRewrites.Take(e, e.Scratch, instruction, 0, 4);
        int refuse = e.InterpretHere();
        if (instruction.Mnemonic == Mnemonic.Div)
        {
            e.Assembler.Alu(HostAlu.Cmp, Rdx, e.Scratch);
            e.Assembler.JumpIf(HostCondition.AboveOrEqual, refuse);
        }
        else
        {
            e.Assembler.Move(R9, Rax);
            e.Assembler.Shift(7, R9, 31);
            e.Assembler.Alu(HostAlu.Cmp, R9, Rdx);
            e.Assembler.JumpIf(HostCondition.NotEqual, refuse);
            e.Assembler.Lea(R9, e.Scratch, -1, 0, 1);
            e.Assembler.AluImmediate(HostAlu.Cmp, R9, 1);
            e.Assembler.JumpIf(HostCondition.BelowOrEqual, refuse);
        }
        if (!e.TryEncode(Instruction.Create(instruction.Code, Register.R14D))) return false;
        if (!e.IsObserved)
        {
            e.Forget(0);
            return true;
        }
        e.Assembler.Load(e.Scratch, R13, Context.ToKept);
        e.Assembler.AluImmediate(HostAlu.And, e.Scratch, Kept);
        e.Assembler.AluImmediate(HostAlu.Or, e.Scratch, Set);
        e.Assembler.Store64(R13, Context.ToSlot, e.Scratch);
        e.Note(FlagKind.Saved, 0);
        return true;
    }

    static bool Scan(Emission e, in Instruction instruction, Op* op)
    {
        if (!ArithmeticRewrites.TryLookIfMemory(e, instruction, op, 4, writes: false)) return false;
        if (e.IsObserved) ArithmeticRewrites.Take(e, R10, instruction, 1, 4);
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        if (e.IsObserved) e.Note(instruction.Mnemonic == Mnemonic.Bsf ? FlagKind.Forward32 : FlagKind.Backward32, Flags.Zero);
        else e.Forget(Flags.Zero);
        return true;
    }

    static bool Count(Emission e, in Instruction instruction, Op* op)
    {
        if (!ArithmeticRewrites.TryLookIfMemory(e, instruction, op, ArithmeticRewrites.SizeOf(instruction), writes: false) || !e.TryEncode(e.Rewritten(instruction))) return false;
        e.KeepHostFlags();
        return true;
    }

    static bool Check(Emission e, in Instruction instruction, Op* op)
    {
        int size = instruction.Code switch { Code.Crc32_r32_rm8 => 1, Code.Crc32_r32_rm16 => 2, _ => 4 };
        return ArithmeticRewrites.TryLookIfMemory(e, instruction, op, size, writes: false) && e.TryEncode(e.Rewritten(instruction));
    }

    /// <summary>Of a register: a bit number in a register leads away from a memory operand.</summary>
    static bool Bit(Emission e, in Instruction instruction, Op* op)
    {
        if (instruction.Op0Kind == OpKind.Memory && (instruction.Op1Kind == OpKind.Register || !e.TryLook(instruction, op, 4, instruction.Mnemonic != Mnemonic.Bt))) return false;
        if (e.IsObserved && !TryKeepAllBase(e)) return false;
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        if (!e.IsObserved)
        {
            e.Forget(Flags.Carry);
            return true;
        }
        // CF alone is new.
        e.Assembler.SetByte(HostCondition.Below, e.Scratch);
        e.Assembler.Store(R13, Context.ToProductA, e.Scratch);
        e.Note(FlagKind.Bit, Flags.Carry);
        return true;
    }
}
