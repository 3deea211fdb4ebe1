using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>What a sequence does on our processor, one instruction at a time.</summary>
/// <param name="Outcome">Everything at its end.</param>
/// <param name="Mask">What of it makers leave undefined.</param>
/// <param name="Flags">Flags that are undefined at the end.</param>
/// <param name="Retired">Instructions, and iterations of repeated ones.</param>
/// <param name="Done">The steps that were done, in order.</param>
internal sealed record SequenceTrace(VectorState Outcome, OutcomeMask Mask, uint Flags, ulong Retired, IReadOnlyList<int> Done);

/// <summary>Runs sequences on our processor in every way in which a run can be cut.</summary>
/// <param name="trust">In the processor that traces are compared with.</param>
internal sealed class SequenceRunner(Trust trust) : IDisposable
{
    /// <summary>A sequence that retires more goes round for ever, or nearly.</summary>
    internal const int MostRetired = 1000;

    readonly VectorMachine machine = new();

    /// <summary>Runs with budgets of one.</summary>
    /// <returns>Null when the sequence is no good to compare: it uses what is undefined, changes or leaves its code, or does not end.</returns>
    internal SequenceTrace? Trace(EncodedSequence code)
    {
        if (!code.IsEncodable) return null;
        var tracker = new UndefinedTracker(trust);
        var registers = machine.Registers;
        machine.Load(ref code.State);
        var done = new List<int>();
        for (ulong retired = 0; retired < MostRetired;)
        {
            int step = Array.BinarySearch(code.Starts, registers.Eip);
            if (step < 0) return null;
            if (step < code.Instructions.Length)
            {
                if (tracker.Forbids(machine, code.Instructions[step])) return null;
            }
            var trap = machine.Run(1, out ulong one);
            retired += one;
            // A trap comes behind its instruction, and that has then done its work.
            if (one > 0 && step < code.Instructions.Length)
            {
                tracker.Done(code.Instructions[step]);
                done.Add(step);
            }
            if (trap.Kind == TrapKind.None) continue;
            if (trap.Kind != TrapKind.Exception || !HasItsCode(code)) return null;
            var outcome = code.State;
            machine.Take(ref outcome, trap);
            return new(outcome, tracker.Mask, tracker.Flags, retired, done);
        }
        return null;
    }

    /// <summary>Runs whole, or with the budgets that are given in turn.</summary>
    /// <param name="made">The case.</param>
    /// <param name="budgets">The budgets, over and over.</param>
    /// <param name="restored">Between two runs the registers are saved as an image has them, and others made from that.</param>
    /// <param name="outcome">Everything at the end.</param>
    /// <returns>Instructions retired.</returns>
    internal ulong Run(VectorState made, ReadOnlySpan<byte> budgets, bool restored, out VectorState outcome)
    {
        machine.Load(ref made);
        Trap trap = default;
        ulong retired = 0;
        for (int i = 0; trap.Kind == TrapKind.None && retired <= MostRetired; i++)
        {
            if (restored) machine.Restore();
            trap = machine.Run(budgets.Length == 0 ? MostRetired + 1 : (ulong)budgets[i % budgets.Length], out ulong part);
            retired += part;
        }
        outcome = made;
        machine.Take(ref outcome, trap);
        return retired;
    }

    public void Dispose() => machine.Dispose();

    bool HasItsCode(EncodedSequence code)
    {
        Span<byte> now = stackalloc byte[VectorState.CodeSize];
        machine.Memory.Peek(VectorLayout.Code + VectorLayout.CodeStart, now);
        int length = (int)code.State.Length;
        return now[..length].SequenceEqual(((ReadOnlySpan<byte>)code.State.Code)[..length]) && !now[length..].ContainsAnyExcept((byte)0xCC);
    }
}
