using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The forms of x87 instructions: arithmetic, comparisons and conversions in every rounding and precision.</summary>
internal static class X87Forms
{
    const int Arithmetic = 1000, Other = 400, Few = 40, VeryFew = 10;

    static readonly Mnemonic[] Rounded =
    [
        Mnemonic.Fadd, Mnemonic.Faddp, Mnemonic.Fiadd, Mnemonic.Fsub, Mnemonic.Fsubp, Mnemonic.Fisub, Mnemonic.Fsubr, Mnemonic.Fsubrp, Mnemonic.Fisubr,
        Mnemonic.Fmul, Mnemonic.Fmulp, Mnemonic.Fimul, Mnemonic.Fdiv, Mnemonic.Fdivp, Mnemonic.Fidiv, Mnemonic.Fdivr, Mnemonic.Fdivrp, Mnemonic.Fidivr,
        Mnemonic.Fsqrt, Mnemonic.Frndint, Mnemonic.Fscale, Mnemonic.Fprem, Mnemonic.Fprem1, Mnemonic.Fxtract, Mnemonic.Fchs, Mnemonic.Fabs,
        Mnemonic.Fcom, Mnemonic.Fcomp, Mnemonic.Fcompp, Mnemonic.Fucom, Mnemonic.Fucomp, Mnemonic.Fucompp, Mnemonic.Ficom, Mnemonic.Ficomp, Mnemonic.Ftst,
        Mnemonic.Fcomi, Mnemonic.Fcomip, Mnemonic.Fucomi, Mnemonic.Fucomip, Mnemonic.Fild, Mnemonic.Fist, Mnemonic.Fistp, Mnemonic.Fisttp, Mnemonic.Fbld, Mnemonic.Fbstp,
    ];

    /// <summary>Conversions that share a mnemonic with moves.</summary>
    static readonly Code[] Converting = [Code.Fld_m32fp, Code.Fld_m64fp, Code.Fst_m32fp, Code.Fst_m64fp, Code.Fstp_m32fp, Code.Fstp_m64fp];

    /// <summary>Makers differ in the last bits of ordinary results: those are compared with the exact value instead.</summary>
    static readonly Mnemonic[] Approximate =
        [Mnemonic.F2xm1, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1, Mnemonic.Fpatan, Mnemonic.Fptan, Mnemonic.Fsin, Mnemonic.Fcos, Mnemonic.Fsincos];

    static readonly Mnemonic[] State =
    [
        Mnemonic.Fldcw, Mnemonic.Fnstcw, Mnemonic.Fnstsw, Mnemonic.Fldenv, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Frstor, Mnemonic.Fxsave, Mnemonic.Fxrstor, Mnemonic.Emms,
        Mnemonic.Fnclex, Mnemonic.Fninit, Mnemonic.Wait, Mnemonic.Fnop, Mnemonic.Fincstp, Mnemonic.Fdecstp, Mnemonic.Ffree, Mnemonic.Ffreep, Mnemonic.Fneni, Mnemonic.Fndisi, Mnemonic.Fnsetpm,
    ];

    /// <summary>It moves the unit's state, not numbers.</summary>
    internal static bool IsState(Code code) => State.Contains(code.Mnemonic());

    internal static bool HasTwoOperands(Code code) => code is Code.Fyl2x or Code.Fyl2xp1 or Code.Fpatan;

    internal static IEnumerable<VectorForm> Of(Code code)
    {
        var traits = code.ToOpCode().MemorySize == MemorySize.Unknown ? FormTraits.None : FormTraits.Memory;
        if (Rounded.Contains(code.Mnemonic()) || Converting.Contains(code))
        {
            foreach (int precision in (int[])[24, 53, 64])
                for (int rounding = 0; rounding < 4; rounding++) yield return new(code, traits, new FloatMode(rounding, precision), Arithmetic);
        }
        else if (Approximate.Contains(code.Mnemonic()))
        {
            yield return new(code, FormTraits.Special, Count: Arithmetic);
            yield break;
        }
        else
        {
            yield return new(code, traits, Count: Other);
        }
        yield return new(code, traits | FormTraits.Step, Count: VeryFew);
        if (traits == FormTraits.None) yield break;
        yield return new(code, traits | FormTraits.Segmented, Count: Few);
        yield return new(code, traits | FormTraits.Segmented | FormTraits.Code16, Count: Few);
        yield return new(code, traits | FormTraits.Aligned, Count: Few);
    }

    /// <summary>Forms whose results are near those of the real processor, not equal.</summary>
    internal static IEnumerable<VectorForm> Near() =>
        from code in Enum.GetValues<Code>() where Approximate.Contains(code.Mnemonic()) select new VectorForm(code, Count: Arithmetic);
}
