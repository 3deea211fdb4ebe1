using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Makes a sequence simpler, one change at a time: fewer steps first, then less state, then plainer numbers.</summary>
internal static class SequenceShrinker
{
    /// <summary>Numbers that an immediate may become.</summary>
    static readonly uint[] Plain = [0, 1, 0x80000000];

    internal static IEnumerable<Sequence> Shrink(Sequence sequence)
    {
        int count = sequence.Steps.Count;
        for (int length = count / 2; length > 0; length /= 2)
        {
            for (int start = count - length; start >= 0; start -= length) yield return Without(sequence, start, length);
        }
        foreach (var state in Simpler(sequence.Initial)) yield return sequence.With(state);
        for (int i = 0; i < count; i++)
        {
            foreach (var step in Simpler(sequence.Steps[i]))
            {
                var changed = sequence.Steps.ToArray();
                changed[i] = step;
                yield return sequence.With(changed);
            }
        }
    }

    /// <summary>Drops steps; branches across them still go where they went.</summary>
    internal static Sequence Without(Sequence sequence, int start, int length)
    {
        var left = new List<SequenceStep>();
        for (int i = 0; i < sequence.Steps.Count; i++)
        {
            if (i >= start && i < start + length) continue;
            var step = sequence.Steps[i];
            int crossed = i >= start ? 0 : Math.Max(0, Math.Min(i + 1 + step.Skip, start + length) - start);
            left.Add(step.Skip < 0 ? step : step with { Skip = step.Skip - crossed });
        }
        return sequence.With(left);
    }

    static IEnumerable<SequenceStep> Simpler(SequenceStep step)
    {
        var instruction = step.Instruction;
        if (step.Skip > 0) yield return step with { Skip = 0 };
        if (step.Skip >= 0) yield break;
        if (instruction.HasLockPrefix)
        {
            var plain = instruction;
            plain.HasLockPrefix = false;
            yield return new(plain);
        }
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) is not (OpKind.Immediate8 or OpKind.Immediate16 or OpKind.Immediate32 or OpKind.Immediate8to16 or OpKind.Immediate8to32)) continue;
            ulong value = instruction.GetImmediate(i);
            foreach (uint other in Plain)
            {
                // Never to what was simpler already, so that shrinking ends.
                if (value == other) break;
                var changed = instruction;
                changed.SetImmediate(i, (int)other);
                if (changed.GetImmediate(i) == value) break;
                yield return new(changed);
            }
        }
    }

    /// <summary>Parts of the state as a plain program has them.</summary>
    static List<VectorState> Simpler(VectorState state)
    {
        var blank = VectorForm.Blank();
        List<VectorState> results = [];
        void Add(in VectorState changed)
        {
            var (a, b) = (changed, state);
            if (!VectorState.Bytes(ref a).SequenceEqual(VectorState.Bytes(ref b))) results.Add(changed);
        }
        var all = blank;
        all.Gpr = state.Gpr;
        Add(all);
        Add(state with { Data = default });
        Add(state with { Stack = default });
        Add(state with { DataLow = default, DataHigh = default, StackLow = default, StackHigh = default });
        Add(state with { Fx = blank.Fx });
        Add(state with { Eflags = blank.Eflags });
        for (int i = 0; i < 8; i++)
        {
            var changed = state;
            changed.Gpr[i] = blank.Gpr[i];
            Add(changed);
        }
        // Control, status, tags; MXCSR; then a register each.
        foreach (var (start, length) in ((int, int)[])[(0, 2), (2, 2), (4, 1), (5, 19), (24, 4), .. Enumerable.Range(2, 16).Select(i => (16 * i, 16))])
        {
            var changed = state;
            ((ReadOnlySpan<byte>)blank.Fx).Slice(start, length).CopyTo(((Span<byte>)changed.Fx)[start..]);
            Add(changed);
        }
        for (int i = 0; i < VectorState.DataSize; i += 32)
        {
            var changed = state;
            ((Span<byte>)changed.Data).Slice(i, 32).Clear();
            Add(changed);
        }
        for (int i = 0; i < VectorState.StackSize; i += 32)
        {
            var changed = state;
            ((Span<byte>)changed.Stack).Slice(i, 32).Clear();
            Add(changed);
        }
        return results;
    }
}
