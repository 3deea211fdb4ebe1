using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>What an outcome leaves undefined and makers do differently, or nobody defines: it is not compared.</summary>
internal static class UndefinedFlags
{
    internal const uint Carry = 1, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80, Overflow = 0x800;

    /// <summary>C0, C2 and C3.</summary>
    internal const ushort Conditions = 0x4500;

    /// <summary>The table: mnemonics, flags of EFLAGS, and why.</summary>
    internal static IReadOnlyList<(Mnemonic[] Mnemonics, uint Flags, string Reason)> Table { get; } =
    [
        ([Mnemonic.Shl, Mnemonic.Shr, Mnemonic.Sal, Mnemonic.Sar], Adjust, "AF: Intel leaves it, AMD sets it"),
        ([Mnemonic.Shld, Mnemonic.Shrd], Adjust, "AF: as for the shifts"),
        ([Mnemonic.Aaa, Mnemonic.Aas], Overflow | Sign | Zero | Parity, "taken from an intermediate sum that makers form differently"),
        ([Mnemonic.Div, Mnemonic.Idiv], Carry | Parity | Adjust | Zero | Sign | Overflow, "AMD leaves all six; on Intel they follow the microcode"),
        ([Mnemonic.Bsf, Mnemonic.Bsr], Carry | Parity | Adjust | Sign | Overflow, "AMD leaves them; on Intel they follow the microcode"),
    ];

    static readonly Dictionary<Mnemonic, uint> Flags = Table.SelectMany(row => row.Mnemonics.Select(mnemonic => (mnemonic, row.Flags))).ToDictionary();

    internal static OutcomeMask Of(VectorForm form, ref VectorState made)
    {
        uint flags = Flags.GetValueOrDefault(form.Code.Mnemonic());
        if (form.Code.Mnemonic() is Mnemonic.Shld or Mnemonic.Shrd && form.Code.ToString().Contains("16", StringComparison.Ordinal) && Count(form, ref made) >= 16) flags |= Carry | Overflow;
        if (!FloatFeatures.IsX87(form.Code)) return new OutcomeMask(flags);
        var (start, length) = Pointers(form.Code);
        int first = (int)(X87Operand(ref made) - VectorLayout.DataWindow) + start, last = first + length;
        first = Math.Clamp(first, 0, VectorState.DataSize);
        last = Math.Clamp(last, first, VectorState.DataSize);
        return new OutcomeMask(flags, LeavesConditions(form.Code) ? Conditions : (ushort)0, first, length == 0 ? 0 : last - first);
    }

    /// <summary>It stores instruction and operand pointers.</summary>
    internal static bool HoldsPointers(Code code) => Pointers(code).Length > 0;

    /// <summary>The masked count of a double shift.</summary>
    static int Count(VectorForm form, ref VectorState made) =>
        31 & (form.Code.ToString().EndsWith("CL", StringComparison.Ordinal) ? (int)made.Gpr[1] : made.Code[(int)made.Length - 1]);

    /// <summary>An x87 instruction after which C0, C2 and C3 are not compared.</summary>
    internal static bool LeavesConditions(Code code) => code.Mnemonic() is not (Mnemonic.Fcom or Mnemonic.Fcomp or Mnemonic.Fcompp or Mnemonic.Fucom or Mnemonic.Fucomp or Mnemonic.Fucompp
        or Mnemonic.Ficom or Mnemonic.Ficomp or Mnemonic.Ftst or Mnemonic.Fxam or Mnemonic.Fprem or Mnemonic.Fprem1) && !X87Forms.IsState(code);

    /// <summary>The bytes of a stored state that hold instruction and operand pointers, which makers fill differently.</summary>
    static (int Start, int Length) Pointers(Code code) => code switch
    {
        Code.Fnstenv_m28byte or Code.Fnsave_m108byte => (12, 16),
        Code.Fnstenv_m14byte or Code.Fnsave_m94byte => (6, 8),
        Code.Fxsave_m512byte => (5, 27),
        _ => (0, 0),
    };

    /// <summary>Where the operand of a stored state lies: DS:[EDI].</summary>
    static uint X87Operand(ref VectorState made)
    {
        ushort segment = made.Ds;
        return made.Gpr[7] + (VectorLayout.Descriptors.FirstOrDefault(descriptor => descriptor.Selector == segment)?.Base ?? 0);
    }
}
