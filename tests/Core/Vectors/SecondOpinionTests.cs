using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Tests.Guests;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>What qemu-i386 makes of the recorded cases: where it differs the real processor is right, and docs/cpu-differences.md says so.</summary>
public class SecondOpinionTests
{
    const int CasesAForm = 10;

    /// <summary>Forms that are about segments and alignment kill qemu-i386, or tell only that it knows neither.</summary>
    const FormTraits Plain = FormTraits.Memory | FormTraits.Rep | FormTraits.Repne | FormTraits.Lock | FormTraits.Special;

    static readonly string[] Families = ["integer", "string", "system", "x87", "x87-state", "mmx", "sse", "sse2", "sse4"];

    static string DocumentPath => Path.Combine(GuestFiles.Repository, "docs", "cpu-differences.md");

    /// <summary>Needs qemu-i386 and gcc -m32; writes the page.</summary>
    [Fact(Explicit = true)]
    public void WriteWhereQemuDiffers()
    {
        Assert.True(Oracle.TryStart(real: false, out var oracle), "there is no qemu-i386 here, or no gcc -m32");
        using var qemu = oracle;
        using var machine = new VectorMachine();
        var opinions = new List<Opinion>();
        foreach (string family in Families)
        {
            var forms = VectorFamilies.Of(family);
            var recorded = VectorFile.Read(Path.Combine(GuestFiles.Repository, "tests", "Core", "Vectors", family + ".vectors"), forms);
            opinions.AddRange(forms.Where(form => (form.Traits & ~Plain) == 0).Select(form => Compare(family, form, recorded, qemu, machine)));
        }
        File.WriteAllText(DocumentPath, ToMarkdown(opinions));
    }

    /// <summary>A form, how many of its cases were compared and differ, in what, the first of them, and how many differ by each known habit.</summary>
    sealed record Opinion(string Family, VectorForm Form, int Cases, int Differ, string[] Parts, string Example, int[] Habits);

    static Opinion Compare(string family, VectorForm form, VectorFile recorded, Oracle qemu, VectorMachine machine)
    {
        var cases = Enumerable.Range(0, Math.Min(CasesAForm, form.Count)).Select(form.MakeCase).ToArray();
        var outcomes = qemu.Run(cases);
        int differ = 0;
        var parts = new List<string>();
        string example = "";
        int[] habits = new int[Habits.Length];
        for (int at = 0; at < cases.Length; at++)
        {
            var mask = UndefinedBits.Of(form, ref cases[at]);
            // Ours is what was recorded.
            machine.Run(ref cases[at], pieces: false, out var expected);
            VectorState.Normalise(ref expected, mask);
            VectorState.Normalise(ref outcomes[at], mask);
            // Of an exception qemu tells no more than the signal.
            outcomes[at].Error = expected.Error;
            outcomes[at].Address = expected.Address;
            if (outcomes[at].Signal == expected.Signal && outcomes[at].SignalCode == expected.SignalCode) outcomes[at].Trap = expected.Trap;
            Assert.Equal(recorded.Forms[form.Name].Hashes[at], VectorState.Hash(ref expected));
            if (Floats(family)) CountHabits(form, ref cases[at], ref expected, ref outcomes[at], habits);
            if (KeepsC1(ref cases[at], ref expected, ref outcomes[at])) outcomes[at].Fx[FxStatus + 1] ^= C1 >> 8;
            if (FloatFeatures.IsSimd(form.Code)) TakeExponents(ref expected, ref outcomes[at]);
            var different = Parts(ref expected, ref outcomes[at]);
            if (different.Length == 0) continue;
            parts.AddRange(different);
            if (differ++ == 0) example = $"`{Convert.ToHexString(((ReadOnlySpan<byte>)cases[at].Code)[..(int)cases[at].Length])}`: {Tell(ref expected, ref outcomes[at], different)}";
        }
        return new(family, form, cases.Length, differ, [.. parts.Distinct(StringComparer.Ordinal)], example, habits);
    }

    static bool Floats(string family) => family is not ("integer" or "string" or "system");

    /// <summary>Ways in which many instructions differ.</summary>
    static readonly string[] Habits =
    [
        "C1 stays as it was before the instruction",
        "An MMX register that is written keeps the upper 16 bits of its x87 register, which become ones",
        "No stack fault (SF)",
        "No denormal operand (DE) in the status word",
        "No denormal operand (DE) in MXCSR",
        "No exception 13 or 17 of an operand that is not aligned",
        "No exception 16 where one is pending",
        "No exception 19 that MXCSR does not mask",
    ];

    const ushort C1 = 0x200, StackFault = 0x40, Denormal = 2;

    const int Breakpoint = 3;

    static void CountHabits(VectorForm form, ref VectorState made, ref VectorState expected, ref VectorState other, int[] habits)
    {
        int missing = Word(expected.Fx, FxStatus) & ~Word(other.Fx, FxStatus);
        bool ends = other.Trap == Breakpoint;
        bool[] has =
        [
            KeepsC1(ref made, ref expected, ref other),
            FloatFeatures.IsSimd(form.Code) && KeepsExponents(ref expected, ref other),
            (missing & StackFault) != 0,
            (missing & Denormal) != 0,
            (Word(expected.Fx, FxMxcsr) & ~Word(other.Fx, FxMxcsr) & Denormal) != 0,
            ends && expected.Trap is 13 or 17,
            ends && expected.Trap == 16,
            ends && expected.Trap == 19,
        ];
        for (int i = 0; i < has.Length; i++) habits[i] += has[i] ? 1 : 0;
    }

    static bool KeepsC1(ref VectorState made, ref VectorState expected, ref VectorState other) =>
        ((Word(expected.Fx, FxStatus) ^ Word(other.Fx, FxStatus)) & C1) != 0 && ((Word(made.Fx, FxStatus) ^ Word(other.Fx, FxStatus)) & C1) == 0;

    static bool KeepsExponents(ref VectorState expected, ref VectorState other)
    {
        bool keeps = false;
        for (int i = 0; i < 8; i++) keeps |= KeepsExponent(expected.Fx, other.Fx, i);
        return keeps;
    }

    static bool KeepsExponent(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int register)
    {
        int at = FxSt + (FxStride * register);
        return a.Slice(at, MmxSize).SequenceEqual(b.Slice(at, MmxSize)) && Word(a, at + MmxSize) == ushort.MaxValue && Word(b, at + MmxSize) != ushort.MaxValue;
    }

    static void TakeExponents(ref VectorState expected, ref VectorState other)
    {
        Span<byte> fx = other.Fx;
        for (int i = 0; i < 8; i++)
        {
            if (KeepsExponent(expected.Fx, fx, i)) fx.Slice(FxSt + (FxStride * i) + MmxSize, StSize - MmxSize).Fill(byte.MaxValue);
        }
    }

    /// <summary>What differs, by name: of the x87 and SSE state the registers that the program's values are in, and those that hold flags.</summary>
    static string[] Parts(ref VectorState expected, ref VectorState other)
    {
        ReadOnlySpan<byte> a = expected.Fx, b = other.Fx;
        var parts = VectorReport.Parts(expected, other).ToList();
        if (parts.Contains("trap") || parts.Contains("signal")) parts = [.. parts.Except(["eip", "signal", "si_code", "trap"], StringComparer.Ordinal).Prepend("trap")];
        if (!parts.Remove("fpu control")) return Shorten(parts);
        if (Word(a, FxControl) != Word(b, FxControl)) parts.Add("control word");
        if (Word(a, FxStatus) != Word(b, FxStatus)) parts.Add("status word");
        if (a[FxTags] != b[FxTags]) parts.Add("tags");
        if (Word(a, FxMxcsr) != Word(b, FxMxcsr)) parts.Add("MXCSR");
        return Shorten(parts);
    }

    static string[] Shorten(List<string> parts) =>
        [.. parts.Select(part => part.StartsWith("st", StringComparison.Ordinal) && part.Length == 3 || part.StartsWith("xmm", StringComparison.Ordinal) ? "value" : part).Distinct(StringComparer.Ordinal)];

    const int FxControl = 0, FxStatus = 2, FxTags = 4, FxMxcsr = 24, FxSt = 32, FxXmm = 160, FxStride = 16, StSize = 10, MmxSize = 8;

    static ushort Word(ReadOnlySpan<byte> fx, int at) => BinaryPrimitives.ReadUInt16LittleEndian(fx[at..]);

    static string Tell(ref VectorState expected, ref VectorState other, string[] different) =>
        other.Trap == Oracle.Died ? "qemu ends"
        : expected.Trap != other.Trap ? $"exception {expected.Trap}, qemu {(other.Trap == VectorState.GivenUp ? "never ends" : other.Trap)}"
        : expected.Eflags != other.Eflags ? $"EFLAGS {expected.Eflags:x}, qemu {other.Eflags:x}"
        : TellFloat(expected.Fx, other.Fx) ?? string.Join(", ", different);

    /// <summary>The first value or flags that differ in the x87 and SSE state, most significant digit first.</summary>
    static string? TellFloat(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        for (int i = 0; i < 8; i++)
        {
            if (Differ($"ST{i}", a.Slice(FxSt + (FxStride * i), StSize), b.Slice(FxSt + (FxStride * i), StSize)) is { } st) return st;
        }
        for (int i = 0; i < 8; i++)
        {
            if (Differ($"XMM{i}", a.Slice(FxXmm + (FxStride * i), FxStride), b.Slice(FxXmm + (FxStride * i), FxStride)) is { } xmm) return xmm;
        }
        return Differ("status word", a.Slice(FxStatus, 2), b.Slice(FxStatus, 2)) ?? Differ("MXCSR", a.Slice(FxMxcsr, 2), b.Slice(FxMxcsr, 2))
            ?? Differ("tags", a.Slice(FxTags, 1), b.Slice(FxTags, 1)) ?? Differ("control word", a.Slice(FxControl, 2), b.Slice(FxControl, 2));
    }

    static string? Differ(string name, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.SequenceEqual(b) ? null : $"{name} {Digits(a)}, qemu {Digits(b)}";

    static string Digits(ReadOnlySpan<byte> value)
    {
        byte[] bytes = value.ToArray();
        Array.Reverse(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    static string ToMarkdown(List<Opinion> opinions)
    {
        var text = new StringBuilder($"""
            # Where qemu-i386 differs

            A second opinion on the recorded vectors (docs/cpu.md): the first {CasesAForm} cases of every plain form under qemu-i386, beside what the real processor did, which is right
            and which we do. Written by an explicit test (`SecondOpinionTests`).

            ## By what a form is

            Left out are segments, 16-bit code and addresses, and alignment checks by EFLAGS.AC: qemu-i386 knows neither segment limits nor EFLAGS.AC, and some such cases end it.
            The first two habits below are counted there alone, not in the other tables.

            | Family | Forms | Differ somewhere | Cases that differ |
            |---|---:|---:|---:|

            """);
        foreach (var group in opinions.GroupBy(opinion => opinion.Family)) text.AppendLine($"| {group.Key} {Count(group)}");
        text.AppendLine().AppendLine("| Prefix | Forms | Differ somewhere | Cases that differ |").AppendLine("|---|---:|---:|---:|");
        foreach (var group in opinions.Where(opinion => (opinion.Form.Traits & Prefixes) != 0).GroupBy(opinion => opinion.Form.Traits & Prefixes).OrderBy(group => (int)group.Key)) text.AppendLine($"| {group.Key} {Count(group)}");
        var floats = opinions.Where(opinion => Floats(opinion.Family)).ToList();
        text.AppendLine().AppendLine("## Habits").AppendLine().AppendLine("Of x87, MMX and SSE; a case may show several.").AppendLine()
            .AppendLine($"| What qemu does | Cases of {floats.Sum(opinion => opinion.Cases)} |").AppendLine("|---|---:|");
        for (int i = 0; i < Habits.Length; i++) text.AppendLine($"| {Habits[i]} | {floats.Sum(opinion => opinion.Habits[i])} |");
        foreach (var family in opinions.GroupBy(opinion => opinion.Family)) AppendInstructions(text, family.Key, family);
        return text.ToString().ReplaceLineEndings("\n");
    }

    const FormTraits Prefixes = FormTraits.Lock | FormTraits.Rep | FormTraits.Repne;

    static string Count(IEnumerable<Opinion> opinions)
    {
        var all = opinions.ToList();
        return $"| {all.Count} | {all.Count(opinion => opinion.Differ > 0)} | {all.Sum(opinion => opinion.Differ)} of {all.Sum(opinion => opinion.Cases)} |";
    }

    static void AppendInstructions(StringBuilder text, string family, IEnumerable<Opinion> opinions)
    {
        var differing = opinions.GroupBy(opinion => opinion.Form.Code).Where(code => code.Any(opinion => opinion.Differ > 0)).ToList();
        if (differing.Count == 0) return;
        text.AppendLine().AppendLine($"## Instructions: {family}").AppendLine().AppendLine("| Instruction | Cases that differ | In | The first |").AppendLine("|---|---:|---|---|");
        foreach (var code in differing)
        {
            var parts = code.SelectMany(opinion => opinion.Parts).Distinct(StringComparer.Ordinal).ToArray();
            string shown = string.Join(", ", parts.Take(MostParts)) + (parts.Length > MostParts ? ", ..." : "");
            text.AppendLine($"| {code.Key} | {code.Sum(opinion => opinion.Differ)} of {code.Sum(opinion => opinion.Cases)} | {shown} | {code.First(opinion => opinion.Differ > 0).Example} |");
        }
    }

    const int MostParts = 6;
}
