using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Where CPUID and /proc/cpuinfo tell of a feature, and which features an instruction needs.</summary>
internal static class FeatureTable
{
    /// <summary>A register of a CPUID leaf.</summary>
    internal enum Word
    {
        /// <summary>Leaf 1, EDX.</summary>
        Edx1,
        /// <summary>Leaf 80000001h, EDX.</summary>
        ExtendedEdx,
        /// <summary>Found out by Linux itself.</summary>
        Linux,
        /// <summary>Leaf 1, ECX.</summary>
        Ecx1,
        /// <summary>Leaf 80000001h, ECX.</summary>
        ExtendedEcx,
    }

    /// <summary>In the order of /proc/cpuinfo, with Linux's names (asm/cpufeatures.h).</summary>
    static readonly (CpuFeatures Feature, Word Word, int Bit, string Name)[] Rows =
    [
        (CpuFeatures.Fpu, Word.Edx1, 0, "fpu"),
        (CpuFeatures.Tsc, Word.Edx1, 4, "tsc"),
        (CpuFeatures.Cx8, Word.Edx1, 8, "cx8"),
        (CpuFeatures.Sep, Word.Edx1, 11, "sep"),
        (CpuFeatures.Cmov, Word.Edx1, 15, "cmov"),
        (CpuFeatures.Clflush, Word.Edx1, 19, "clflush"),
        (CpuFeatures.Mmx, Word.Edx1, 23, "mmx"),
        (CpuFeatures.Fxsr, Word.Edx1, 24, "fxsr"),
        (CpuFeatures.Sse, Word.Edx1, 25, "sse"),
        (CpuFeatures.Sse2, Word.Edx1, 26, "sse2"),
        (CpuFeatures.NoExecute, Word.ExtendedEdx, 20, "nx"),
        (CpuFeatures.Rdtscp, Word.ExtendedEdx, 27, "rdtscp"),
        (CpuFeatures.Hints, Word.Linux, 20, "nopl"),
        (CpuFeatures.Sse3, Word.Ecx1, 0, "pni"),
        (CpuFeatures.Pclmulqdq, Word.Ecx1, 1, "pclmulqdq"),
        (CpuFeatures.Ssse3, Word.Ecx1, 9, "ssse3"),
        (CpuFeatures.Sse41, Word.Ecx1, 19, "sse4_1"),
        (CpuFeatures.Sse42, Word.Ecx1, 20, "sse4_2"),
        (CpuFeatures.Movbe, Word.Ecx1, 22, "movbe"),
        (CpuFeatures.Popcnt, Word.Ecx1, 23, "popcnt"),
        (CpuFeatures.Aes, Word.Ecx1, 25, "aes"),
        (CpuFeatures.Lahf, Word.ExtendedEcx, 0, "lahf_lm"),
        (CpuFeatures.PrefetchW, Word.ExtendedEcx, 8, "3dnowprefetch"),
    ];

    /// <summary>Marks an entry of <see cref="Needs"/> that was looked up.</summary>
    const CpuFeatures LookedUp = (CpuFeatures)(1 << 30);

    static readonly CpuFeatures[] Needs = new CpuFeatures[IcedConstants.CodeEnumCount];

    /// <summary>The bits of a CPUID register.</summary>
    internal static uint Bits(CpuFeatures features, Word word)
    {
        uint bits = 0;
        foreach (var row in Rows)
            if (row.Word == word && (features & row.Feature) != 0) bits |= 1u << row.Bit;
        return bits;
    }

    /// <summary>The names that /proc/cpuinfo shows.</summary>
    internal static IEnumerable<string> Names(CpuFeatures features) => Rows.Where(row => (features & row.Feature) != 0).Select(static row => row.Name);

    /// <summary>What a processor must have to know an instruction; without it, it is #UD.</summary>
    internal static CpuFeatures Needed(Code code)
    {
        ref var known = ref Needs[(int)code];
        if (known == CpuFeatures.None) known = Find(code) | LookedUp;
        return known & ~LookedUp;
    }

    static CpuFeatures Find(Code code)
    {
        // 0F 18h to 0F 1Fh and 0F 0Dh, whatever these have come to mean since: to a processor that does not know it they do nothing. What Iced knows of opcodes costs much to load.
        if (code is (>= Code.Reservednop_rm16_r16_0F18 and <= Code.Nop_rm64) or Code.Prefetchit0_m8 or Code.Prefetchit1_m8) return CpuFeatures.Hints;
        if (code is (>= Code.Reservednop_rm16_r16_0F0D and <= Code.Prefetchwt1_m8) or (>= Code.Prefetchreserved3_m8 and <= Code.Prefetchreserved7_m8)) return CpuFeatures.PrefetchW;
        // Came with SSE2, as its fellow PSUBQ, whatever later manuals say.
        if (code == Code.Paddq_mm_mmm64) return CpuFeatures.Sse2;
        var needed = CpuFeatures.None;
        foreach (var feature in code.CpuidFeatures()) needed |= Of(feature);
        return needed;
    }

    static CpuFeatures Of(CpuidFeature feature) => feature switch
    {
        CpuidFeature.INTEL8086 or CpuidFeature.INTEL186 or CpuidFeature.INTEL286 or CpuidFeature.INTEL386 or CpuidFeature.INTEL486
            or CpuidFeature.CPUID or CpuidFeature.MSR or CpuidFeature.RDPMC or CpuidFeature.PAUSE => CpuFeatures.None,
        CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 => CpuFeatures.Fpu,
        CpuidFeature.TSC => CpuFeatures.Tsc,
        CpuidFeature.CX8 => CpuFeatures.Cx8,
        CpuidFeature.SEP => CpuFeatures.Sep,
        CpuidFeature.CMOV => CpuFeatures.Cmov,
        CpuidFeature.CLFSH => CpuFeatures.Clflush,
        CpuidFeature.MMX => CpuFeatures.Mmx,
        CpuidFeature.FXSR => CpuFeatures.Fxsr,
        CpuidFeature.SSE => CpuFeatures.Sse,
        CpuidFeature.SSE2 => CpuFeatures.Sse2,
        CpuidFeature.SSE3 => CpuFeatures.Sse3,
        CpuidFeature.PCLMULQDQ => CpuFeatures.Pclmulqdq,
        CpuidFeature.SSSE3 => CpuFeatures.Ssse3,
        CpuidFeature.SSE4_1 => CpuFeatures.Sse41,
        CpuidFeature.SSE4_2 => CpuFeatures.Sse42,
        CpuidFeature.MOVBE => CpuFeatures.Movbe,
        CpuidFeature.POPCNT => CpuFeatures.Popcnt,
        CpuidFeature.AES => CpuFeatures.Aes,
        CpuidFeature.RDTSCP => CpuFeatures.Rdtscp,
        _ => CpuFeatures.Absent,
    };
}
