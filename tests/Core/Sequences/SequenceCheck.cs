using System.Text;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;
using Xunit.Sdk;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Holds sequences to what they must do: the same however they are cut, and what another processor does, if there is one.</summary>
/// <param name="other">The other processor; null for none.</param>
/// <param name="trust">How far it is to be believed.</param>
internal sealed class SequenceCheck(Func<VectorState, VectorState>? other, Trust trust) : IDisposable
{
    const uint Breakpoint = 3, StatusFlags = 0x8D5;

    readonly SequenceRunner runner = new(trust);

    /// <summary>Sequences that were compared, their steps that were done, and how many ended in a fault.</summary>
    internal (int Sequences, long Steps, int Faults) Compared { get; private set; }

    /// <summary>How often each code was done in them.</summary>
    internal Dictionary<Code, int> Codes { get; } = [];

    /// <summary>Sequences that were no good to compare.</summary>
    internal int Useless { get; private set; }

    /// <summary>Fails with all that there is to know.</summary>
    internal void Verify(Sequence sequence)
    {
        var code = new EncodedSequence(sequence);
        if (runner.Trace(code) is not { } trace)
        {
            Useless++;
            return;
        }
        Compared = (Compared.Sequences + 1, Compared.Steps + trace.Done.Count, Compared.Faults + (trace.Outcome.Trap == Breakpoint ? 0 : 1));
        foreach (int step in trace.Done) Codes[code.Instructions[step].Code] = Codes.GetValueOrDefault(code.Instructions[step].Code) + 1;
        string wrong = Pieces(code, trace);
        if (wrong.Length > 0) throw new XunitException(wrong + sequence);
        if (other != null && Difference(sequence) is { Length: > 0 } difference) throw new XunitException(Locate(sequence) + sequence + "at its end:\n" + difference);
    }

    public void Dispose() => runner.Dispose();

    /// <summary>What whole runs and other pieces make different from single steps.</summary>
    string Pieces(EncodedSequence code, SequenceTrace trace)
    {
        var random = new VectorRandom(VectorState.Hash(ref code.State));
        Span<byte> budgets = stackalloc byte[7];
        foreach (ref byte budget in budgets) budget = (byte)(1 + random.Below(6));
        foreach (var (name, pieces, restored) in ((string, byte[], bool)[])[("whole", [], false), ("in pieces", budgets.ToArray(), false), ("with restored registers", [1], true)])
        {
            ulong retired = runner.Run(code.State, pieces, restored, out var outcome);
            var expected = trace.Outcome;
            string difference = VectorReport.Differences(ref code.State, ref expected, ref outcome);
            if (retired != trace.Retired) difference += $"  retired {trace.Retired} in single steps, {retired} so\n";
            if (difference.Length > 0) return $"run {name} it is not what it is in single steps:\n{difference}";
        }
        return "";
    }

    /// <summary>What the other processor does differently; empty for nothing, or nothing to compare.</summary>
    string Difference(Sequence sequence)
    {
        var code = new EncodedSequence(sequence);
        if (runner.Trace(code) is not { } trace) return "";
        var ours = trace.Outcome;
        var expected = other!(code.State);
        VectorState.Normalise(ref expected, trace.Mask);
        VectorState.Normalise(ref ours, trace.Mask);
        if (trust != Trust.Whole)
        {
            if (ours.Trap != Breakpoint) return "";
            expected.Eflags &= ~trace.Flags;
            ours.Eflags &= ~trace.Flags;
            if (trust == Trust.Integer)
            {
                // qemu-i386 lacks undocumented instructions, checks for more than it writes, ends itself now and then, and has bits of its own in a signal's EFLAGS.
                if (expected.Trap != Breakpoint) return "";
                (expected.Fx, ours.Fx) = (default, default);
                (expected.Eflags, ours.Eflags) = (expected.Eflags & StatusFlags, ours.Eflags & StatusFlags);
            }
        }
        return VectorReport.Differences(ref code.State, ref expected, ref ours);
    }

    /// <summary>The first step that makes a difference.</summary>
    string Locate(Sequence sequence)
    {
        for (int length = 1; length <= sequence.Steps.Count; length++)
        {
            if (Difference(sequence.With([.. sequence.Steps.Take(length)])) is not { Length: > 0 } difference) continue;
            var text = new StringBuilder();
            text.AppendLine($"step {length} does something else: {SequenceStepText.Of(sequence.Steps[length - 1].Instruction)}");
            return text.Append(difference).ToString();
        }
        return "";
    }
}
