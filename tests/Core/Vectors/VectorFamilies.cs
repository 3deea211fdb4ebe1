using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>All forms that have vectors, by the file that holds their outcomes.</summary>
internal static class VectorFamilies
{
    /// <summary>What has no vectors: what reads the time or names the processor, and what goes to the kernel. docs/cpu.md gives each one's test.</summary>
    static readonly Mnemonic[] Elsewhere = [Mnemonic.Sysenter, Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Int1];

    static readonly Lazy<ILookup<string, VectorForm>> Forms = new(() => List().SelectMany(form => AlikeForms.Of(form).Prepend(form)).ToLookup(form => form.Has(FormTraits.Alike) ? "alike" : Family(form.Code), StringComparer.Ordinal));

    /// <summary>The names of the families.</summary>
    internal static IEnumerable<string> Names => Forms.Value.Select(family => family.Key);

    internal static IReadOnlyList<VectorForm> Of(string family) => [.. Forms.Value[family]];

    internal static IEnumerable<VectorForm> All => Forms.Value.SelectMany(family => family);

    static string Family(Code code)
    {
        if (FloatFeatures.IsX87(code)) return X87Forms.IsState(code) ? "x87-state" : "x87";
        if (FloatFeatures.IsSimd(code))
        {
            var features = code.CpuidFeatures();
            return features.Contains(CpuidFeature.MMX) ? "mmx" : features.Contains(CpuidFeature.SSE) ? "sse" : features.Contains(CpuidFeature.SSE2) ? "sse2" : "sse4";
        }
        if (SystemForms.Contains(code)) return "system";
        var info = code.ToOpCode();
        return Enumerable.Range(0, info.OpCount).Any(i => info.GetOpKind(i) is OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI) ? "string" : "integer";
    }

    static IEnumerable<VectorForm> List()
    {
        foreach (var code in Enum.GetValues<Code>())
        {
            var info = code.ToOpCode();
            if (!info.IsInstruction || !info.Mode32 || info.Encoding != EncodingKind.Legacy || info.Fwait || Elsewhere.Contains(code.Mnemonic())) continue;
            if (!HasHandler(code) && !SystemForms.IsUndefined(code)) continue;
            foreach (var form in FloatFeatures.IsX87(code) ? X87Forms.Of(code) : FloatFeatures.IsSimd(code) ? SimdForms.Of(code) : SystemForms.Contains(code) ? SystemForms.Of(code) : IntegerForms.Of(code)) yield return form;
        }
    }

    static unsafe bool HasHandler(Code code) => HandlerTable.Instance.Find(code, memory: false) != null || HandlerTable.Instance.Find(code, memory: true) != null;
}
