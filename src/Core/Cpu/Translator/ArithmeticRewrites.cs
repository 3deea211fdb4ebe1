using Iced.Intel;
using static CheckpointRestart.Core.Cpu.Translator.HostAssembler;
using Context = CheckpointRestart.Core.Cpu.Translator.TranslationContext;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>ADD OR ADC SBB AND SUB XOR CMP TEST INC DEC NEG NOT, CMPXCHG and XADD.</summary>
internal static unsafe class ArithmeticRewrites
{
    internal static void Fill(RewriteTable table)
    {
        table.Add(new Rewrite(Binary, FlagEffect.Full, KeepsScratch: true),
            Code.Add_rm8_r8, Code.Add_r8_rm8, Code.Add_AL_imm8, Code.Add_rm8_imm8, Code.Add_rm16_r16, Code.Add_r16_rm16, Code.Add_AX_imm16,
            Code.Add_rm16_imm16, Code.Add_rm16_imm8, Code.Add_rm32_r32, Code.Add_r32_rm32, Code.Add_EAX_imm32, Code.Add_rm32_imm32,
            Code.Add_rm32_imm8, Code.Or_rm8_r8, Code.Or_r8_rm8, Code.Or_AL_imm8, Code.Or_rm8_imm8, Code.Or_rm16_r16, Code.Or_r16_rm16,
            Code.Or_AX_imm16, Code.Or_rm16_imm16, Code.Or_rm16_imm8, Code.Or_rm32_r32, Code.Or_r32_rm32, Code.Or_EAX_imm32, Code.Or_rm32_imm32,
            Code.Or_rm32_imm8, Code.And_rm8_r8, Code.And_r8_rm8, Code.And_AL_imm8, Code.And_rm8_imm8, Code.And_rm16_r16, Code.And_r16_rm16,
            Code.And_AX_imm16, Code.And_rm16_imm16, Code.And_rm16_imm8, Code.And_rm32_r32, Code.And_r32_rm32, Code.And_EAX_imm32,
            Code.And_rm32_imm32, Code.And_rm32_imm8, Code.Sub_rm8_r8, Code.Sub_r8_rm8, Code.Sub_AL_imm8, Code.Sub_rm8_imm8, Code.Sub_rm16_r16,
            Code.Sub_r16_rm16, Code.Sub_AX_imm16, Code.Sub_rm16_imm16, Code.Sub_rm16_imm8, Code.Sub_rm32_r32, Code.Sub_r32_rm32, Code.Sub_EAX_imm32,
            Code.Sub_rm32_imm32, Code.Sub_rm32_imm8, Code.Xor_rm8_r8, Code.Xor_r8_rm8, Code.Xor_AL_imm8, Code.Xor_rm8_imm8, Code.Xor_rm16_r16,
            Code.Xor_r16_rm16, Code.Xor_AX_imm16, Code.Xor_rm16_imm16, Code.Xor_rm16_imm8, Code.Xor_rm32_r32, Code.Xor_r32_rm32, Code.Xor_EAX_imm32,
            Code.Xor_rm32_imm32, Code.Xor_rm32_imm8, Code.Cmp_rm8_r8, Code.Cmp_r8_rm8, Code.Cmp_AL_imm8, Code.Cmp_rm8_imm8, Code.Cmp_rm16_r16,
            Code.Cmp_r16_rm16, Code.Cmp_AX_imm16, Code.Cmp_rm16_imm16, Code.Cmp_rm16_imm8, Code.Cmp_rm32_r32, Code.Cmp_r32_rm32, Code.Cmp_EAX_imm32,
            Code.Cmp_rm32_imm32, Code.Cmp_rm32_imm8, Code.Test_rm8_r8, Code.Test_rm16_r16, Code.Test_rm32_r32, Code.Test_AL_imm8, Code.Test_AX_imm16,
            Code.Test_EAX_imm32, Code.Test_rm8_imm8, Code.Test_rm16_imm16, Code.Test_rm32_imm32);
        table.Add(new Rewrite(WithCarry, FlagEffect.Full),
            Code.Adc_rm8_r8, Code.Adc_r8_rm8, Code.Adc_AL_imm8, Code.Adc_rm8_imm8, Code.Adc_rm16_r16, Code.Adc_r16_rm16, Code.Adc_AX_imm16,
            Code.Adc_rm16_imm16, Code.Adc_rm16_imm8, Code.Adc_rm32_r32, Code.Adc_r32_rm32, Code.Adc_EAX_imm32, Code.Adc_rm32_imm32,
            Code.Adc_rm32_imm8, Code.Sbb_rm8_r8, Code.Sbb_r8_rm8, Code.Sbb_AL_imm8, Code.Sbb_rm8_imm8, Code.Sbb_rm16_r16, Code.Sbb_r16_rm16,
            Code.Sbb_AX_imm16, Code.Sbb_rm16_imm16, Code.Sbb_rm16_imm8, Code.Sbb_rm32_r32, Code.Sbb_r32_rm32, Code.Sbb_EAX_imm32,
            Code.Sbb_rm32_imm32, Code.Sbb_rm32_imm8);
        table.Add(new Rewrite(Step, FlagEffect.Partial),
            Code.Inc_r16, Code.Inc_r32, Code.Inc_rm8, Code.Inc_rm16, Code.Inc_rm32, Code.Dec_r16, Code.Dec_r32, Code.Dec_rm8, Code.Dec_rm16,
            Code.Dec_rm32);
        table.Add(new Rewrite(Negate, FlagEffect.Full, KeepsScratch: true), Code.Neg_rm8, Code.Neg_rm16, Code.Neg_rm32);
        table.Add(new Rewrite(Invert, FlagEffect.None, KeepsScratch: true), Code.Not_rm8, Code.Not_rm16, Code.Not_rm32);
        table.Add(new Rewrite(CompareExchange, FlagEffect.Full), Code.Cmpxchg_rm8_r8, Code.Cmpxchg_rm16_r16, Code.Cmpxchg_rm32_r32);
        table.Add(new Rewrite(ExchangeAdd, FlagEffect.Full), Code.Xadd_rm8_r8, Code.Xadd_rm16_r16, Code.Xadd_rm32_r32);
    }

    /// <summary>Bytes of the first operand.</summary>
    internal static int SizeOf(in Instruction instruction) =>
        instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();

    /// <summary>0, 1, 2 for 1, 2, 4 bytes.</summary>
    internal static int WidthOf(int size) => size >> 1;

    /// <summary>The memory operand, if there is one, is looked up; the first operand is written or not.</summary>
    internal static bool TryLookIfMemory(Emission e, in Instruction instruction, Op* op, int size, bool writes)
    {
        if (instruction.Op0Kind == OpKind.Memory) return (!writes || e.CanKeepEarly(op)) && e.TryLook(instruction, op, size, writes);
        return instruction.OpCount < 2 || instruction.Op1Kind != OpKind.Memory || e.TryLook(instruction, op, size, write: false);
    }

    /// <summary>Copies an operand's value to a host register; upper bits are undefined. Host flags change for AH to BH alone.</summary>
    internal static void Take(Emission e, int to, in Instruction instruction, int operand, int size)
    {
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register:
                var register = instruction.GetOpRegister(operand);
                if (Emission.IsHigh(register))
                {
                    e.Assembler.Move(to, register - Register.AH);
                    e.Assembler.Shift(5, to, 8);
                }
                else
                {
                    e.Assembler.Move(to, Emission.HostOf(register));
                }
                break;
            case OpKind.Memory:
                e.LoadOperand(to, size);
                break;
            default:
                e.Assembler.MoveImmediate(to, (uint)instruction.GetImmediate(operand));
                break;
        }
    }

    internal static bool HasHigh(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Register && Emission.IsHigh(instruction.GetOpRegister(i))) return true;
        return false;
    }

    /// <summary>By how much ADD or SUB of a constant, INC or DEC changes a register of 32 bits; null for any other instruction.</summary>
    internal static int? Step(in Instruction instruction)
    {
        if (instruction.Op0Kind != OpKind.Register || !instruction.Op0Register.IsGPR32()) return null;
        if (instruction.Mnemonic is Mnemonic.Inc or Mnemonic.Dec) return instruction.Mnemonic == Mnemonic.Inc ? 1 : -1;
        if (instruction.Mnemonic is not (Mnemonic.Add or Mnemonic.Sub) || instruction.Op1Kind is < OpKind.Immediate8 or > OpKind.Immediate32to64) return null;
        int amount = (int)(uint)instruction.GetImmediate(1);
        return instruction.Mnemonic == Mnemonic.Add ? amount : -amount;
    }

    static bool Binary(Emission e, in Instruction instruction, Op* op)
    {
        int size = SizeOf(instruction), width = WidthOf(size);
        var mnemonic = instruction.Mnemonic;
        bool writes = mnemonic is not (Mnemonic.Cmp or Mnemonic.Test);
        if (e.UsesWindow && !e.IsObserved && StackRewrites.Distance(instruction) is { } bytes)
        {
            e.MoveStack(bytes);
            e.Forget(0);
            return true;
        }
        if (!TryLookIfMemory(e, instruction, op, size, writes)) return false;
        var host = e.Rewritten(instruction);
        if (!e.IsObserved)
        {
            e.Forget(Flags.Status);
            return e.TryEncode(host);
        }
        return mnemonic switch
        {
            Mnemonic.Cmp => Compare(e, instruction, size, width),
            Mnemonic.Test => Test(e, instruction, size, width),
            Mnemonic.Add or Mnemonic.Sub => Sum(e, instruction, host, size, width),
            _ => Logic(e, instruction, host, size, width),
        };
    }

    /// <summary>Where an operand's value is: its register, or R10 or R11, into which it is loaded; -1 for a constant. Only AH to BH change host flags.</summary>
    static int Place(Emission e, in Instruction instruction, int operand, int size, ref Emission.DeferredFlags flags)
    {
        if (instruction.GetOpKind(operand) == OpKind.Register && !Emission.IsHigh(instruction.GetOpRegister(operand)))
        {
            flags.Registers |= 1 << instruction.GetOpRegister(operand).GetNumber();
            return Emission.HostOf(instruction.GetOpRegister(operand));
        }
        if (instruction.GetOpKind(operand) is not (OpKind.Register or OpKind.Memory))
        {
            flags.Constant = (uint)instruction.GetImmediate(operand);
            return -1;
        }
        int to = operand == 0 ? R10 : R11;
        Take(e, to, instruction, operand, size);
        return to;
    }

    static bool Compare(Emission e, in Instruction instruction, int size, int width)
    {
        var flags = new Emission.DeferredFlags { IsSet = true, Kind = FlagKind.Sub8 + width, Index = -1 };
        // What may fault comes first.
        if (instruction.Op1Kind == OpKind.Memory)
        {
            flags.Second = Place(e, instruction, 1, size, ref flags);
            flags.Base = Place(e, instruction, 0, size, ref flags);
        }
        else
        {
            flags.Base = Place(e, instruction, 0, size, ref flags);
            flags.Second = Place(e, instruction, 1, size, ref flags);
        }
        var first = HostStubs.Sized(flags.Base, width);
        bool done = flags.Second >= 0
            ? e.TryEncode(Instruction.Create(width switch { 0 => Code.Cmp_rm8_r8, 1 => Code.Cmp_rm16_r16, _ => Code.Cmp_rm32_r32 }, first, HostStubs.Sized(flags.Second, width)))
            : e.TryEncode(Instruction.Create(width switch { 0 => Code.Cmp_rm8_imm8, 1 => Code.Cmp_rm16_imm16, _ => Code.Cmp_rm32_imm32 }, first,
                width switch { 0 => (byte)flags.Constant, 1 => (ushort)flags.Constant, _ => (int)flags.Constant }));
        if (done) e.Defer(flags, Flags.Status);
        return done;
    }

    static bool Test(Emission e, in Instruction instruction, int size, int width)
    {
        bool constant = instruction.Op1Kind != OpKind.Register;
        if (!constant && instruction.Op0Kind == OpKind.Register && instruction.Op0Register == instruction.Op1Register && !Emission.IsHigh(instruction.Op0Register))
        {
            if (!e.TryEncode(e.Rewritten(instruction))) return false;
            e.Defer(LogicOf(instruction.Op0Register, width), Flags.Status);
            return true;
        }
        Take(e, R10, instruction, 0, size);
        uint value = constant ? (uint)instruction.GetImmediate(1) & (uint.MaxValue >> (32 - size * 8)) : 0;
        if (constant && (size == 4 || value >> (size * 8 - 1) == 0))
        {
            // Without a sign the wider operation sets the same flags.
            e.Assembler.AluImmediate(HostAlu.And, R10, (int)value);
            e.Note(FlagKind.Logic32, Flags.Status);
            return true;
        }
        Take(e, R11, instruction, 1, size);
        e.Assembler.Alu(HostAlu.And, R10, R11);
        HostStubs.LoadFlags(e.Assembler, FlagKind.Logic8 + width);
        e.Note(FlagKind.Logic8 + width, Flags.Status);
        return true;
    }

    static Emission.DeferredFlags LogicOf(Register register, int width) =>
        new() { IsSet = true, Kind = FlagKind.Logic8 + width, Base = Emission.HostOf(register), Index = -1, Second = -1, Registers = 1 << register.GetNumber() };

    static bool Logic(Emission e, in Instruction instruction, in Instruction host, int size, int width)
    {
        if (!e.TryEncode(host)) return false;
        if (instruction.Op0Kind == OpKind.Register && !Emission.IsHigh(instruction.Op0Register))
        {
            e.Defer(LogicOf(instruction.Op0Register, width), Flags.Status);
            return true;
        }
        Take(e, R10, instruction, 0, size);
        e.Note(FlagKind.Logic8 + width, HasHigh(instruction) ? 0 : Flags.Status);
        return true;
    }

    /// <summary>ADD and SUB: the first operand is computed from the result where that takes one LEA, else it is copied.</summary>
    static bool Sum(Emission e, in Instruction instruction, in Instruction host, int size, int width)
    {
        bool add = instruction.Mnemonic == Mnemonic.Add;
        // AH to BH would be taken to where the operands of the flags before are, which have to last until the store.
        if (e.UsesWindow && instruction.Op0Kind == OpKind.Memory && HasHigh(instruction)) return false;
        var flags = new Emission.DeferredFlags { IsSet = true, Kind = (add ? FlagKind.Add8 : FlagKind.Sub8) + width, Index = -1 };
        flags.Second = Place(e, instruction, 1, size, ref flags);
        bool same = instruction.Op0Kind == OpKind.Register && flags.Second == Emission.HostOf(instruction.Op0Register);
        if (instruction.Op0Kind == OpKind.Register && !Emission.IsHigh(instruction.Op0Register) && !same && (!add || flags.Second < 0))
        {
            flags.Base = Emission.HostOf(instruction.Op0Register);
            flags.Registers |= 1 << instruction.Op0Register.GetNumber();
            flags.Index = flags.Second;
            flags.Displacement = add ? -(int)flags.Constant : (int)flags.Constant;
        }
        else
        {
            int early = e.Early(R10, instruction);
            Take(e, early, instruction, 0, size);
            flags.Base = R10;
            if (same)
            {
                flags.Second = R10;
                flags.Registers = 0;
            }
            if (!e.TryEncode(host)) return false;
            e.Assembler.Move(R10, early);
            e.Defer(flags, Flags.Status);
            return true;
        }
        if (!e.TryEncode(host)) return false;
        e.Defer(flags, Flags.Status);
        return true;
    }

    static bool WithCarry(Emission e, in Instruction instruction, Op* op)
    {
        int size = SizeOf(instruction), width = WidthOf(size);
        if (e.IsObserved && HasHigh(instruction)) return false;
        if (!TryLookIfMemory(e, instruction, op, size, writes: true) || !e.TryLoadFlags(Flags.Carry)) return false;
        var host = e.Rewritten(instruction);
        if (!e.IsObserved)
        {
            e.Forget(Flags.Status);
            return e.TryEncode(host);
        }
        int first = e.Early(R10, instruction), second = e.Early(R11, instruction);
        Take(e, second, instruction, 1, size);
        Take(e, first, instruction, 0, size);
        if (!e.TryEncode(host)) return false;
        e.Assembler.Move(R10, first);
        e.Assembler.Move(R11, second);
        Take(e, e.Scratch, instruction, 0, size);
        e.Assembler.Store(R13, Context.ToFlagC, e.Scratch);
        e.Note((instruction.Mnemonic == Mnemonic.Adc ? FlagKind.Sum8 : FlagKind.Difference8) + width, Flags.Status);
        return true;
    }

    static bool Step(Emission e, in Instruction instruction, Op* op)
    {
        int size = SizeOf(instruction), width = WidthOf(size);
        if (!TryLookIfMemory(e, instruction, op, size, writes: true)) return false;
        if (e.IsObserved && !e.TryLoadFlags(Flags.Carry)) return false;
        var host = e.Rewritten(instruction);
        if (host.Code is Code.Inc_r16 or Code.Inc_r32 or Code.Dec_r16 or Code.Dec_r32)
        {
            // Their single byte is a prefix in 64-bit mode.
            host.Code = host.Code switch
            {
                Code.Inc_r16 => Code.Inc_rm16,
                Code.Inc_r32 => Code.Inc_rm32,
                Code.Dec_r16 => Code.Dec_rm16,
                _ => Code.Dec_rm32,
            };
        }
        if (!e.TryEncode(host)) return false;
        if (!e.IsObserved)
        {
            e.Forget((e.HostFlags & Flags.Carry) | (Flags.Status & ~Flags.Carry));
            return true;
        }
        e.Assembler.SetByte(HostCondition.Below, R11);
        Take(e, R10, instruction, 0, size);
        e.Note((instruction.Mnemonic == Mnemonic.Inc ? FlagKind.Inc8 : FlagKind.Dec8) + width, HasHigh(instruction) ? 0 : Flags.Status);
        return true;
    }

    static bool Negate(Emission e, in Instruction instruction, Op* op)
    {
        int size = SizeOf(instruction);
        if (!TryLookIfMemory(e, instruction, op, size, writes: true)) return false;
        int early = e.Early(R11, instruction);
        if (e.IsObserved) Take(e, early, instruction, 0, size);
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        if (!e.IsObserved)
        {
            e.Forget(Flags.Status);
            return true;
        }
        e.Assembler.MoveImmediate(R10, 0);
        e.Assembler.Move(R11, early);
        e.Note(FlagKind.Sub8 + WidthOf(size), Flags.Status);
        return true;
    }

    static bool Invert(Emission e, in Instruction instruction, Op* op) =>
        TryLookIfMemory(e, instruction, op, SizeOf(instruction), writes: true) && e.TryEncode(e.Rewritten(instruction));

    static bool CompareExchange(Emission e, in Instruction instruction, Op* op)
    {
        int size = SizeOf(instruction);
        if (HasHigh(instruction) || !TryLookIfMemory(e, instruction, op, size, writes: true)) return false;
        int first = e.Early(R10, instruction), second = e.Early(R11, instruction);
        if (e.IsObserved)
        {
            Take(e, second, instruction, 0, size);
            e.Assembler.Move(first, Rax);
        }
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        Keep(e, FlagKind.Sub8 + WidthOf(size), first, second);
        return true;
    }

    static bool ExchangeAdd(Emission e, in Instruction instruction, Op* op)
    {
        int size = SizeOf(instruction);
        if (HasHigh(instruction) || !TryLookIfMemory(e, instruction, op, size, writes: true)) return false;
        int first = e.Early(R10, instruction), second = e.Early(R11, instruction);
        if (e.IsObserved)
        {
            Take(e, first, instruction, 0, size);
            Take(e, second, instruction, 1, size);
        }
        if (!e.TryEncode(e.Rewritten(instruction))) return false;
        Keep(e, FlagKind.Add8 + WidthOf(size), first, second);
        return true;
    }

    /// <summary>Behind an instruction: its operands are in these registers where somebody looks.</summary>
    static void Keep(Emission e, FlagKind kind, int first, int second)
    {
        if (!e.IsObserved)
        {
            e.Forget(Flags.Status);
            return;
        }
        e.Assembler.Move(R10, first);
        e.Assembler.Move(R11, second);
        e.Note(kind, Flags.Status);
    }
}
