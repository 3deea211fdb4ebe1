using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Which codes belong to the floating-point and vector units, from Iced's tables.</summary>
internal static class FloatFeatures
{
    static readonly CpuidFeature[] X87 = [CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU287XL_ONLY, CpuidFeature.FPU387, CpuidFeature.FPU387SL_ONLY, CpuidFeature.CYRIX_FPU];

    /// <summary>x87, with what saves and restores its state.</summary>
    internal static bool IsX87(Code code) =>
        code is Code.Fxsave_m512byte or Code.Fxrstor_m512byte or Code.Emms or Code.Wait || code.CpuidFeatures().Any(feature => X87.Contains(feature));

    /// <summary>MMX and SSE: what has such a register, or MXCSR, as an operand.</summary>
    internal static bool IsSimd(Code code)
    {
        if (code is Code.Movnti_m32_r32 or Code.Ldmxcsr_m32 or Code.Stmxcsr_m32) return true;
        var info = code.ToOpCode();
        return Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm
            or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm);
    }
}
