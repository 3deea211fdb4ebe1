using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>The forms of integer and string instructions.</summary>
internal static class IntegerForms
{
    internal static IEnumerable<VectorForm> Of(Code code)
    {
        // Without memory 0F 0D is an instruction that does nothing on Intel's processors, and an invalid one on AMD's.
        if (code is Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D) yield break;
        var info = code.ToOpCode();
        var kinds = Enumerable.Range(0, info.OpCount).Select(info.GetOpKind).ToArray();
        if (kinds.Any(kind => kind is OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI))
        {
            foreach (var repeat in (FormTraits[])[FormTraits.None, FormTraits.Rep, FormTraits.Repne])
                foreach (var variant in Variants) yield return new(code, repeat | variant);
            yield return new(code, FormTraits.Edge, Count: VeryFew);
            yield break;
        }
        bool onlyMemory = kinds.Any(kind => kind is OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs or OpCodeOperandKind.seg_rBX_al);
        bool either = kinds.Any(kind => kind is OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem);
        if (!onlyMemory)
        {
            yield return new(code);
            yield return new(code, FormTraits.Code16, Count: Few);
            yield return new(code, FormTraits.Step, Count: Few);
            yield return new(code, FormTraits.Unlockable, Count: VeryFew);
            yield return new(code, FormTraits.Edge, Count: VeryFew);
            yield return new(code, FormTraits.Long, Count: VeryFew);
            if (info.IsStackInstruction)
            {
                yield return new(code, FormTraits.Segmented);
                yield return new(code, FormTraits.Segmented | FormTraits.Code16, Count: Some);
                yield return new(code, FormTraits.Aligned, Count: Some);
            }
        }
        if (!onlyMemory && !either) yield break;
        yield return new(code, FormTraits.Memory | FormTraits.Edge, Count: VeryFew);
        yield return new(code, FormTraits.Memory | FormTraits.Long, Count: VeryFew);
        foreach (var variant in Variants) yield return new(code, FormTraits.Memory | variant, Count: variant is FormTraits.None or FormTraits.Segmented ? Full : Some);
        yield return info.CanUseLockPrefix ? new(code, FormTraits.Memory | FormTraits.Lock) : new(code, FormTraits.Memory | FormTraits.Unlockable, Count: VeryFew);
    }

    const int Full = 200, Some = 100, Few = 40, VeryFew = 10;

    static readonly FormTraits[] Variants =
    [
        FormTraits.None, FormTraits.Address16, FormTraits.Segmented, FormTraits.Segmented | FormTraits.Address16, FormTraits.Segmented | FormTraits.Code16, FormTraits.Aligned, FormTraits.Step,
    ];
}
