using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>What of an outcome is not compared: x87's condition bits where no maker defines them, and its pointers. EFLAGS are compared as a whole.</summary>
internal static class UndefinedBits
{
    /// <summary>C0, C2 and C3.</summary>
    internal const ushort Conditions = 0x4500;

    internal static OutcomeMask Of(VectorForm form, ref VectorState made)
    {
        if (!FloatFeatures.IsX87(form.Code)) return default;
        var (start, length) = Pointers(form.Code);
        int first = (int)(X87Operand(ref made) - VectorLayout.DataWindow) + start, last = first + length;
        first = Math.Clamp(first, 0, VectorState.DataSize);
        last = Math.Clamp(last, first, VectorState.DataSize);
        return new OutcomeMask(LeavesConditions(form.Code) ? Conditions : (ushort)0, first, length == 0 ? 0 : last - first);
    }

    /// <summary>It stores instruction and operand pointers.</summary>
    internal static bool HoldsPointers(Code code) => Pointers(code).Length > 0;

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
