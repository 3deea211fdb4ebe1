using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The forms of MMX and SSE instructions.</summary>
internal static class SimdForms
{
    /// <summary>Makers differ in the last bits; they have tests of their own.</summary>
    static readonly Code[] Approximate = [Code.Rcpps_xmm_xmmm128, Code.Rcpss_xmm_xmmm32, Code.Rsqrtps_xmm_xmmm128, Code.Rsqrtss_xmm_xmmm32];

    const int Few = 40, VeryFew = 10;

    internal static IEnumerable<VectorForm> Of(Code code)
    {
        if (Approximate.Contains(code)) yield break;
        var info = code.ToOpCode();
        var kinds = Enumerable.Range(0, info.OpCount).Select(info.GetOpKind).ToArray();
        bool onlyMemory = kinds.Any(kind => kind is OpCodeOperandKind.mem or OpCodeOperandKind.seg_rDI);
        bool either = kinds.Any(kind => kind is OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem);
        int count = FloatCases.Operand(code) is OperandKind.Single or OperandKind.Double ? 400 : 200;
        if (!onlyMemory)
        {
            yield return new(code, Count: count);
            yield return new(code, FormTraits.Code16, Count: Few);
            yield return new(code, FormTraits.Step, Count: VeryFew);
            yield return new(code, FormTraits.Unlockable, Count: VeryFew);
            yield return new(code, FormTraits.Edge, Count: VeryFew);
            yield return new(code, FormTraits.Long, Count: VeryFew);
        }
        if (!onlyMemory && !either) yield break;
        yield return new(code, FormTraits.Memory, Count: count);
        yield return new(code, FormTraits.Memory | FormTraits.Segmented, Count: Few);
        yield return new(code, FormTraits.Memory | FormTraits.Segmented | FormTraits.Code16, Count: Few);
        yield return new(code, FormTraits.Memory | FormTraits.Aligned, Count: Few);
        yield return new(code, FormTraits.Memory | FormTraits.Step, Count: VeryFew);
    }
}
