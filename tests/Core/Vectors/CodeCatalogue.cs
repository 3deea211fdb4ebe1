using CheckpointRestart.Core.Cpu;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>What becomes of a code in user mode.</summary>
internal enum CodeStanding
{
    /// <summary>It works as the real processor showed.</summary>
    Recorded,
    /// <summary>It works, and no vectors could show it.</summary>
    Unrecorded,
    /// <summary>It raises an exception.</summary>
    Raises,
    /// <summary>Its bytes mean another instruction.</summary>
    Other,
}

/// <summary>A line of docs/cpu.md.</summary>
/// <param name="Code">Iced's name.</param>
/// <param name="Standing">What becomes of it.</param>
/// <param name="Vectors">Recorded cases.</param>
/// <param name="Exception">The vector that it raises.</param>
/// <param name="Reason">Why it has no vectors.</param>
internal sealed record CodeEntry(Code Code, CodeStanding Standing, int Vectors = 0, byte Exception = 0, string Reason = "");

/// <summary>Every code that Iced knows in 32-bit mode, with its vectors, or with the reason why it has none.</summary>
internal static class CodeCatalogue
{
    const byte InvalidOpcode = 6;
    const int LongestInstruction = 15;

    /// <summary>What works without vectors.</summary>
    static readonly (Func<Code, bool> Is, string Reason)[] Unrecorded =
    [
        (code => code.Mnemonic() == Mnemonic.Cpuid, "names the processor, which is ours (CpuModelTests)"),
        (code => code.Mnemonic() is Mnemonic.Rdtsc or Mnemonic.Rdtscp, "reads the time (TrapTests)"),
        (code => code.Mnemonic() == Mnemonic.Sysenter, "goes to the kernel (TrapTests)"),
        (code => code.Mnemonic() is Mnemonic.Sldt or Mnemonic.Str, "gives what Linux for i386 shows in place of the processor; a 64-bit kernel shows something else"),
        (code => code.Mnemonic() == Mnemonic.Int1, "traps behind itself, which a hypervisor may not show (TrapTests)"),
        (code => code is Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D, "does nothing, as on Intel's processors; invalid without memory on AMD's"),
        (code => code is Code.Rcpps_xmm_xmmm128 or Code.Rcpss_xmm_xmmm32 or Code.Rsqrtps_xmm_xmmm128 or Code.Rsqrtss_xmm_xmmm32, "an approximation that every maker does differently; ours is the same on every host (SseOracleTests)"),
        (code => code.ToOpCode().Fwait && code is not (Code.Fstdw_AX or Code.Fstsg_AX), "is WAIT and the instruction without: see those"),
    ];

    /// <summary>All, in Iced's order.</summary>
    internal static IReadOnlyList<CodeEntry> All { get; } = [.. List()];

    static IEnumerable<CodeEntry> List()
    {
        var vectors = VectorFamilies.All.GroupBy(form => form.Code).ToDictionary(forms => forms.Key, forms => forms.Sum(form => form.Count));
        foreach (var code in Enum.GetValues<Code>().Distinct())
        {
            var info = code.ToOpCode();
            if (info.IsInstruction && info.Mode32) yield return Describe(code, vectors);
        }
    }

    static CodeEntry Describe(Code code, Dictionary<Code, int> vectors)
    {
        if (vectors.TryGetValue(code, out int count)) return new(code, CodeStanding.Recorded, count);
        foreach (var (matches, reason) in Unrecorded)
            if (matches(code)) return new(code, CodeStanding.Unrecorded, Reason: reason);
        var info = code.ToOpCode();
        var bytes = CodeSample.Encode(code) ?? throw new InvalidOperationException($"{code} cannot be encoded");
        if (info.Fwait) return new(code, CodeStanding.Raises, Exception: InvalidOpcode, Reason: $"WAIT, and then: {Absent(code)}");
        // What follows in memory is INT3.
        byte[] padded = [.. bytes, .. Enumerable.Repeat((byte)0xCC, LongestInstruction)];
        var decoder = Decoder.Create(32, padded, BlockBuilder.Options);
        decoder.IP = VectorLayout.Code + VectorLayout.CodeStart;
        var decoded = decoder.Decode();
        if (decoded.Code == code || decoded.Code == Code.INVALID) return new(code, CodeStanding.Raises, Exception: InvalidOpcode, Reason: Absent(code));
        return new(code, CodeStanding.Other, Reason: $"its bytes are those of {decoded.Code}");
    }

    /// <summary>What a processor would have to have.</summary>
    static string Absent(Code code)
    {
        var features = code.CpuidFeatures().Where(feature => feature is not (CpuidFeature.INTEL8086 or CpuidFeature.INTEL386));
        string needed = string.Join(" and ", features.Select(feature => feature.ToString().Replace("_", " ", StringComparison.Ordinal)));
        return needed.Length == 0 ? "no processor has it" : $"{needed} is not in CPUID";
    }
}
