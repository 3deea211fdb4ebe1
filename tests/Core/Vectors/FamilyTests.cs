using System.Runtime.Intrinsics.X86;
using System.Text;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Cpu.Engines;
using Xunit;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>One family of instructions does what the real processor did, bit for bit. The explicit test asks the real processor again.</summary>
public abstract class FamilyTests(string family)
{
    /// <summary>Cases of a form that run both whole and in pieces; those behind them take turns.</summary>
    const int RunTwice = 200;

    static readonly bool[] Both = [false, true], Whole = [false], Pieces = [true];

    const int ReportedForms = 200, ReportedCases = 2, Batch = 8000;

    static readonly int Multiple = int.Parse(Environment.GetEnvironmentVariable("CR_VECTOR_COUNT") ?? "1");

    /// <summary>CR_VECTOR_FORMS names a file with the names of some forms, a line each: only these run, until one is wrong.</summary>
    static readonly HashSet<string>? Chosen = Environment.GetEnvironmentVariable("CR_VECTOR_FORMS") is { } path ? [.. File.ReadLines(path)] : null;

    static readonly string? Only = Environment.GetEnvironmentVariable("CR_VECTOR_ONLY");

    string RecordedFile => Path.Combine(Guests.GuestFiles.Repository, "tests", "Core", "Vectors", family + ".vectors");

    [Fact]
    public void EveryRecordedOutcomeComesOut() => Replay(CpuEngine.Interpreter);

    /// <summary>Each case is translated before it runs for the first time.</summary>
    [Fact]
    public void EveryRecordedOutcomeComesOutTranslated()
    {
        foreach (var engine in Translated.Engines) Replay(engine);
    }

    void Replay(CpuEngine engine)
    {
        var forms = VectorFamilies.Of(family);
        if (Chosen != null) forms = [.. forms.Where(form => Chosen.Contains(form.Name))];
        if (forms.Count == 0) return;
        var file = VectorFile.Read(RecordedFile, forms);
        if (Chosen == null) Assert.Equal(forms.Select(form => (form.Name, form.Count)).Order(), file.Forms.Select(form => (form.Key, form.Value.Hashes.Length)).Order());
        using var machine = new VectorMachine(engine);
        var wrong = new StringBuilder();
        foreach (var form in forms)
        {
            var recorded = file.Forms[form.Name];
            int failures = 0;
            for (int i = 0; i < recorded.Hashes.Length; i++)
            {
                var made = form.MakeCase(i);
                var mask = UndefinedBits.Of(form, ref made);
                foreach (bool pieces in engine == CpuEngine.Interpreter ? Ways(i) : Whole)
                {
                    machine.Run(ref made, pieces, out var ours);
                    VectorState.Normalise(ref ours, mask);
                    if (VectorState.Hash(ref ours) == recorded.Hashes[i]) continue;
                    if (failures++ < 1) wrong.AppendLine(i < recorded.Shown.Length ? Describe(form, i, ref made, recorded.Shown[i], ref ours) : Describe(form, i, ref made, ref ours));
                }
            }
            if (failures > 0) wrong.AppendLine($"== {form.Name}: {failures} differ");
            if (failures > 0 && Chosen != null) break;
        }
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>Compares with the real processor, and records what it did. CR_VECTOR_COUNT multiplies the cases, CR_VECTOR_ONLY picks forms by name: then nothing is recorded.</summary>
    [Fact(Explicit = true)]
    public void Record()
    {
        Assert.True(Oracle.TryStart(real: true, out var oracle), "this machine does not run i386 programs");
        using var real = oracle;
        var forms = VectorFamilies.Of(family);
        if (Only != null) forms = [.. forms.Where(form => form.Name.Contains(Only, StringComparison.OrdinalIgnoreCase))];
        var file = new VectorFile { Processor = ProcessorName() };
        using var machine = new VectorMachine();
        var report = new StringBuilder();
        int reported = 0;
        foreach (var form in forms)
        {
            int failures = RecordForm(form, file, real, machine, reported < ReportedForms ? report : new StringBuilder());
            if (failures == 0) continue;
            report.AppendLine($"== {form.Name}: {failures} of {form.Count * Multiple} differ");
            reported++;
        }
        if (Only == null && Multiple == 1) file.Write(RecordedFile, forms);
        Assert.True(report.Length == 0, report.ToString());
    }

    static bool[] Ways(int index) => index < RunTwice ? Both : index % 2 == 0 ? Whole : Pieces;

    static int RecordForm(VectorForm form, VectorFile file, Oracle real, VectorMachine machine, StringBuilder report)
    {
        int count = form.Count * Multiple, failures = 0;
        var hashes = new uint[count];
        var shown = new byte[Math.Min(VectorFile.MostShown, count)][];
        for (int start = 0; start < count; start += Batch)
        {
            var cases = Enumerable.Range(start, Math.Min(Batch, count - start)).Select(form.MakeCase).ToArray();
            var outcomes = real.Run(cases);
            for (int i = 0; i < cases.Length; i++)
            {
                var mask = UndefinedBits.Of(form, ref cases[i]);
                VectorState.Normalise(ref outcomes[i], mask);
                hashes[start + i] = VectorState.Hash(ref outcomes[i]);
                if (start + i < shown.Length) shown[i] = VectorState.Bytes(ref outcomes[i]).ToArray();
                foreach (bool pieces in Ways(start + i))
                {
                    machine.Run(ref cases[i], pieces, out var ours);
                    VectorState.Normalise(ref ours, mask);
                    if (VectorState.Hash(ref ours) == hashes[start + i]) continue;
                    if (failures++ < ReportedCases) report.Append(VectorReport.Describe(form, start + i, ref cases[i], ref outcomes[i], ref ours));
                }
            }
        }
        file.Forms[form.Name] = new(hashes, shown);
        return failures;
    }

    static string Describe(VectorForm form, int index, ref VectorState made, byte[] shown, ref VectorState ours)
    {
        var expected = made;
        shown.CopyTo(VectorState.Bytes(ref expected));
        return VectorReport.Describe(form, index, ref made, ref expected, ref ours);
    }

    /// <summary>An outcome of which only the hash is known: the oracle tells, if there is one.</summary>
    static string Describe(VectorForm form, int index, ref VectorState made, ref VectorState ours)
    {
        if (!Oracle.TryStart(real: true, out var oracle)) return $"{form.Name} case {index}: {made}\n  gave {ours}";
        using (oracle)
        {
            var expected = oracle.Run([made])[0];
            VectorState.Normalise(ref expected, UndefinedBits.Of(form, ref made));
            return VectorReport.Describe(form, index, ref made, ref expected, ref ours);
        }
    }

    static string ProcessorName()
    {
        if (!X86Base.IsSupported) return "";
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        int signature = X86Base.CpuId(1, 0).Eax;
        int family = (signature >> 8 & 15) + (signature >> 20 & 255), model = (signature >> 4 & 15) | (signature >> 12 & 0xF0);
        return $"{Encoding.ASCII.GetString([.. BitConverter.GetBytes(b), .. BitConverter.GetBytes(d), .. BitConverter.GetBytes(c)])} family {family:X}h model {model:X}h";
    }
}

public class IntegerVectorTests() : FamilyTests("integer");

public class StringVectorTests() : FamilyTests("string");

public class SystemVectorTests() : FamilyTests("system");

public class X87VectorTests() : FamilyTests("x87");

public class X87StateVectorTests() : FamilyTests("x87-state");

public class MmxVectorTests() : FamilyTests("mmx");

public class SseVectorTests() : FamilyTests("sse");

public class Sse2VectorTests() : FamilyTests("sse2");

public class Sse4VectorTests() : FamilyTests("sse4");

public class AlikeVectorTests() : FamilyTests("alike");
