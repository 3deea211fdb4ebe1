using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>Which general registers instructions change, and what they do to their memory operand. Iced is asked once for a kind of instruction where the rest follows from the operands.</summary>
internal sealed class InstructionEffects
{
    const int Operands = 3;

    struct Known
    {
        public bool IsSet;
        /// <summary>Registers that are changed whatever the operands are, a bit each.</summary>
        public byte Implied;
        public byte Access0, Access1, Access2;

        public readonly OpAccess Access(int operand) => (OpAccess)(operand == 0 ? Access0 : operand == 1 ? Access1 : Access2);
    }

    readonly InstructionInfoFactory information = new();
    readonly Known[] kinds = new Known[IcedConstants.CodeEnumCount];

    /// <summary>General registers that an instruction changes, or may change, a bit each.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="memory">What it does to its memory operand; None where it has none.</param>
    internal int WrittenBy(in Instruction instruction, out OpAccess memory)
    {
        ref var known = ref kinds[(int)instruction.Code];
        if (!known.IsSet) return Learn(instruction, ref known, out memory);
        int written = known.Implied;
        memory = OpAccess.None;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            var kind = instruction.GetOpKind(i);
            if (kind == OpKind.Memory) memory = known.Access(i);
            else if (kind == OpKind.Register && Writes(known.Access(i))) written |= BitOf(instruction.GetOpRegister(i));
        }
        return written;
    }

    /// <summary>As <see cref="WrittenBy"/>, of Iced.</summary>
    internal int Ask(in Instruction instruction, out OpAccess memory) => Read(information.GetInfo(instruction), instruction, out memory);

    static int Read(in InstructionInfo info, in Instruction instruction, out OpAccess memory)
    {
        int written = 0;
        memory = OpAccess.None;
        foreach (var used in info.GetUsedRegisters())
            if (Writes(used.Access)) written |= BitOf(used.Register);
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Memory) memory = info.GetOpAccess(i);
        return written;
    }

    int Learn(in Instruction instruction, ref Known known, out OpAccess memory)
    {
        ref readonly var info = ref information.GetInfo(instruction);
        int written = Read(info, instruction, out memory);
        // With one register twice, as in XOR EAX,EAX, Iced says that it is not read: that tells nothing of other operands.
        bool isTwice = instruction.OpCount > 1 && instruction.Op0Kind == OpKind.Register && instruction.Op1Kind == OpKind.Register && instruction.Op0Register == instruction.Op1Register;
        if (isTwice || instruction.IsStringInstruction || instruction.OpCount > Operands) return written;
        int named = 0;
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) == OpKind.Register && Writes(info.GetOpAccess(i))) named |= BitOf(instruction.GetOpRegister(i));
        // A register that is named may be one that would be changed anyway.
        if (named != 0 && !ChangesWhatIsNamed(instruction.Mnemonic)) return written;
        known = new Known { IsSet = true, Implied = (byte)(written & ~named), Access0 = (byte)info.Op0Access, Access1 = (byte)info.Op1Access, Access2 = (byte)info.Op2Access };
        return written;
    }

    /// <summary>Instructions that change no general register but operands.</summary>
    static bool ChangesWhatIsNamed(Mnemonic mnemonic) => mnemonic is Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Lea or Mnemonic.Add or Mnemonic.Adc or Mnemonic.Sub or Mnemonic.Sbb
        or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Shld or Mnemonic.Shrd
        or Mnemonic.Sete or Mnemonic.Setne or Mnemonic.Cmove or Mnemonic.Cmovne or Mnemonic.Bswap or Mnemonic.Movd or Mnemonic.Pmovmskb or Mnemonic.Bsf or Mnemonic.Bsr;

    static bool Writes(OpAccess access) => access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;

    static int BitOf(Register register) => register.IsGPR() ? 1 << register.GetFullRegister32().GetNumber() : 0;
}
