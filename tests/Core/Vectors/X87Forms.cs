using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The forms of x87 instructions: arithmetic in every rounding and precision, stores in every rounding.</summary>
internal static class X87Forms
{
    const int Arithmetic = 1000, Other = 400;

    static readonly Mnemonic[] Rounded =
    [
        Mnemonic.Fadd, Mnemonic.Faddp, Mnemonic.Fiadd, Mnemonic.Fsub, Mnemonic.Fsubp, Mnemonic.Fisub, Mnemonic.Fsubr, Mnemonic.Fsubrp, Mnemonic.Fisubr,
        Mnemonic.Fmul, Mnemonic.Fmulp, Mnemonic.Fimul, Mnemonic.Fdiv, Mnemonic.Fdivp, Mnemonic.Fidiv, Mnemonic.Fdivr, Mnemonic.Fdivrp, Mnemonic.Fidivr,
        Mnemonic.Fsqrt, Mnemonic.Frndint, Mnemonic.Fscale, Mnemonic.Fprem, Mnemonic.Fprem1, Mnemonic.Fxtract,
    ];

    static readonly Code[] Stores =
    [
        Code.Fst_m32fp, Code.Fst_m64fp, Code.Fstp_m32fp, Code.Fstp_m64fp, Code.Fist_m16int, Code.Fist_m32int, Code.Fistp_m16int, Code.Fistp_m32int, Code.Fistp_m64int, Code.Fbstp_m80bcd,
    ];

    /// <summary>Makers differ in the last bits; they are compared with the exact value instead.</summary>
    static readonly Mnemonic[] Approximate =
        [Mnemonic.F2xm1, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1, Mnemonic.Fpatan, Mnemonic.Fptan, Mnemonic.Fsin, Mnemonic.Fcos, Mnemonic.Fsincos];

    static readonly Mnemonic[] State =
    [
        Mnemonic.Fldcw, Mnemonic.Fnstcw, Mnemonic.Fnstsw, Mnemonic.Fldenv, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Frstor, Mnemonic.Fxsave, Mnemonic.Fxrstor, Mnemonic.Emms,
        Mnemonic.Fnclex, Mnemonic.Fninit, Mnemonic.Wait, Mnemonic.Fnop, Mnemonic.Fincstp, Mnemonic.Fdecstp, Mnemonic.Ffree, Mnemonic.Ffreep, Mnemonic.Fneni, Mnemonic.Fndisi, Mnemonic.Fnsetpm,
    ];

    /// <summary>It moves the unit's state, not numbers.</summary>
    internal static bool IsState(Code code) => State.Contains(code.Mnemonic());

    internal static IEnumerable<VectorForm> Of(Code code)
    {
        if (Approximate.Contains(code.Mnemonic())) yield break;
        var traits = code.ToOpCode().MemorySize == MemorySize.Unknown ? FormTraits.None : FormTraits.Memory;
        if (Rounded.Contains(code.Mnemonic()))
        {
            foreach (int precision in (int[])[24, 53, 64])
                for (int rounding = 0; rounding < 4; rounding++) yield return new(code, traits, new FloatMode(rounding, precision), Arithmetic);
        }
        else if (Stores.Contains(code))
        {
            for (int rounding = 0; rounding < 4; rounding++) yield return new(code, traits, new FloatMode(rounding, 0), Arithmetic);
        }
        else
        {
            yield return new(code, traits, Count: Other);
        }
    }
}
