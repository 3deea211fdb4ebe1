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

    /// <summary>qemu-i386 does not take all of the x87 and SSE state from the signal's frame by which the oracle loads a case.</summary>
    static readonly string[] Families = ["integer", "string", "system"];

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
            opinions.AddRange(forms.Where(form => (form.Traits & ~Plain) == 0).Select(form => Compare(form, recorded, qemu, machine)));
        }
        File.WriteAllText(DocumentPath, ToMarkdown(opinions));
    }

    /// <summary>A form, how many of its cases were compared and differ, in what, and the first of them.</summary>
    sealed record Opinion(VectorForm Form, int Cases, int Differ, string[] Parts, string Example);

    static Opinion Compare(VectorForm form, VectorFile recorded, Oracle qemu, VectorMachine machine)
    {
        var cases = Enumerable.Range(0, Math.Min(CasesAForm, form.Count)).Select(form.MakeCase).ToArray();
        var outcomes = qemu.Run(cases);
        int differ = 0;
        var parts = new List<string>();
        string example = "";
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
            var different = VectorReport.Parts(expected, outcomes[at]).ToArray();
            if (different.Length == 0) continue;
            parts.AddRange(different);
            if (differ++ == 0) example = $"`{Convert.ToHexString(((ReadOnlySpan<byte>)cases[at].Code)[..(int)cases[at].Length])}`: {Tell(ref expected, ref outcomes[at], different)}";
        }
        return new(form, cases.Length, differ, [.. parts.Distinct(StringComparer.Ordinal)], example);
    }

    static string Tell(ref VectorState expected, ref VectorState other, string[] different) =>
        other.Trap == Oracle.Died ? "qemu ends"
        : expected.Trap != other.Trap ? $"exception {expected.Trap}, qemu {(other.Trap == VectorState.GivenUp ? "never ends" : other.Trap)}"
        : expected.Eflags != other.Eflags ? $"EFLAGS {expected.Eflags:x}, qemu {other.Eflags:x}"
        : expected.Address != other.Address ? $"CR2 {expected.Address:x}, qemu {other.Address:x}"
        : expected.Error != other.Error ? $"error code {expected.Error:x}, qemu {other.Error:x}"
        : string.Join(", ", different);

    static string ToMarkdown(List<Opinion> opinions)
    {
        var text = new StringBuilder($"""
            # Where qemu-i386 differs

            A second opinion on the recorded vectors (docs/cpu.md): the first {CasesAForm} cases of every plain integer, string and system form under qemu-i386, beside what the real processor did, which is right
            and which we do. Written by an explicit test (`SecondOpinionTests`).

            ## By what a form is

            Left out are segments, 16-bit code and addresses, and alignment checks: qemu-i386 knows neither segment limits nor EFLAGS.AC, and some such cases end it.
            Left out, too, are x87, MMX and SSE: qemu-i386 does not take all of their state from a signal's frame, by which the oracle loads a case.

            | Forms | Number | Differ somewhere | Cases that differ |
            |---|---:|---:|---:|

            """);
        foreach (var group in opinions.GroupBy(opinion => opinion.Form.Traits & ~FormTraits.Memory).OrderBy(group => (int)group.Key))
        {
            int differing = group.Sum(opinion => opinion.Differ), all = group.Sum(opinion => opinion.Cases);
            text.AppendLine($"| {(group.Key == FormTraits.None ? "Plain" : group.Key)} | {group.Count()} | {group.Count(opinion => opinion.Differ > 0)} | {differing} of {all} |");
        }
        text.AppendLine().AppendLine("## Plain forms").AppendLine().AppendLine("| Instruction | Cases that differ | In | The first |").AppendLine("|---|---:|---|---|");
        foreach (var group in opinions.Where(opinion => (opinion.Form.Traits & ~(FormTraits.Memory | FormTraits.Rep | FormTraits.Repne | FormTraits.Lock)) == 0).GroupBy(opinion => opinion.Form.Code))
        {
            int differing = group.Sum(opinion => opinion.Differ);
            if (differing == 0) continue;
            var parts = group.SelectMany(opinion => opinion.Parts).Distinct(StringComparer.Ordinal).ToArray();
            string shown = string.Join(", ", parts.Take(MostParts)) + (parts.Length > MostParts ? ", ..." : "");
            text.AppendLine($"| {group.Key} | {differing} of {group.Sum(opinion => opinion.Cases)} | {shown} | {group.First(opinion => opinion.Differ > 0).Example} |");
        }
        return text.ToString().ReplaceLineEndings("\n");
    }

    const int MostParts = 6;
}
