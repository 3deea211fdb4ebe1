using System.Text;
using Xunit;

namespace CheckpointRestart.Core.Tests.Vectors;

/// <summary>Every integer form does what the real processor did, bit for bit.</summary>
public class IntegerVectorTests
{
    const int CasesAForm = 200;
    const int Shown = 3;

    static string RecordedFile => Path.Combine(Oracle.Folder(), "integer.bin");

    [Fact]
    public void RecordedOutcomesComeOut()
    {
        using var stream = File.OpenRead(RecordedFile);
        var file = VectorFile.Read(stream);
        Assert.Equal(IntegerForms.All.Select(form => form.Name).Order(StringComparer.Ordinal), file.Forms.Keys.Order(StringComparer.Ordinal));
        using var machine = new VectorMachine();
        var wrong = new StringBuilder();
        foreach (var form in IntegerForms.All)
        {
            var hashes = file.Forms[form.Name];
            int failures = 0;
            for (int i = 0; i < hashes.Length; i++)
            {
                var made = form.MakeCase(i);
                var result = machine.Run(made, pieces: i % 2 == 1);
                if (result.Hash(IntegerForms.Undefined(form, made)) != hashes[i] && failures++ < 1) wrong.AppendLine($"{form.Name} case {i}: {made}\n  gave {result}");
            }
            if (failures > 0) wrong.AppendLine($"{form.Name}: {failures} of {hashes.Length} differ");
        }
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>Records anew and shows differences in full: run with -explicit only.</summary>
    [Fact(Explicit = true)]
    public void Record()
    {
        string program = Oracle.Build() ?? throw new InvalidOperationException("no gcc -m32 here");
        var cases = IntegerForms.All.SelectMany(form => Enumerable.Range(0, CasesAForm).Select(form.MakeCase)).ToArray();
        var real = Oracle.Run(program, cases);
        File.Delete(program);
        var file = new VectorFile();
        var report = new StringBuilder();
        using var machine = new VectorMachine();
        for (int f = 0; f < IntegerForms.All.Count; f++)
        {
            var form = IntegerForms.All[f];
            file.Forms[form.Name] = [.. Enumerable.Range(f * CasesAForm, CasesAForm).Select(i => real[i].Hash(IntegerForms.Undefined(form, cases[i])))];
            int failures = 0;
            uint flags = 0;
            for (int i = f * CasesAForm; i < (f + 1) * CasesAForm; i++)
            {
                var ours = machine.Run(cases[i], pieces: i % 2 == 1);
                uint undefined = IntegerForms.Undefined(form, cases[i]);
                if (ours.Hash(undefined) == real[i].Hash(undefined)) continue;
                flags |= ours.Eflags ^ real[i].Eflags;
                if (failures++ < Shown) report.AppendLine($"{form.Name} {Convert.ToHexString(((ReadOnlySpan<byte>)cases[i].Code)[..(int)cases[i].Length])}\n  from {cases[i]}\n  real {real[i]}\n  ours {ours}{MemoryDifference(real[i], ours)}");
            }
            if (failures > 0) report.AppendLine($"== {form.Name}: {failures} differ, flags {flags:x}");
        }
        using (var stream = File.Create(RecordedFile)) file.Write(stream);
        Assert.True(report.Length == 0, report.ToString());
    }

    static string MemoryDifference(in VectorCase real, in VectorCase ours)
    {
        ReadOnlySpan<byte> a = real.Data, b = ours.Data, c = real.Stack, d = ours.Stack;
        return (a.SequenceEqual(b) ? "" : $"\n  data from {a.CommonPrefixLength(b)} on: {Convert.ToHexString(a.Slice(a.CommonPrefixLength(b) & ~3, 4))} {Convert.ToHexString(b.Slice(a.CommonPrefixLength(b) & ~3, 4))}")
            + (c.SequenceEqual(d) ? "" : $"\n  stack from {c.CommonPrefixLength(d)} on");
    }
}
