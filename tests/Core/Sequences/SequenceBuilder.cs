using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Iced.Intel;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Makes sequences. Our own processor runs each step as soon as it is made, so that the next one finds operands that are of use.</summary>
/// <param name="trust">For the other processor that the sequences are for.</param>
internal sealed partial class SequenceBuilder(Trust trust) : IDisposable
{
    /// <summary>A choice that would end the sequence is mostly made anew, so often.</summary>
    const int Attempts = 12;

    /// <summary>How far a branch goes while it is tried: no step starts there.</summary>
    const uint Elsewhere = 0x70;

    const uint Begin = VectorLayout.Code + VectorLayout.CodeStart;

    const int MostRetired = 300, Room = VectorState.CodeSize - 40;

    readonly VectorMachine machine = new();
    readonly SequenceEncoder encoder = new();
    readonly UndefinedTracker tracker = new(trust);
    readonly List<SequenceStep> steps = [], group = [];
    readonly Dictionary<uint, Instruction> made = [];
    VectorRandom random = new(0);
    uint position;

    /// <summary>Steps still to be made behind a branch that jumps across them.</summary>
    int dead;
    bool ended;

    /// <summary>The sequence of a seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="length">The most steps.</param>
    internal Sequence Build(ulong seed, int length)
    {
        random = new VectorRandom(seed);
        steps.Clear();
        made.Clear();
        tracker.Reset();
        (dead, ended, position) = (0, false, Begin);
        ChooseTheme();
        var state = MakeState();
        machine.Load(ref state);
        Keep();
        while (steps.Count < length && !ended && position < Begin + Room) AddGroup(length - steps.Count);
        return new Sequence(state, [.. steps]);
    }

    public void Dispose()
    {
        machine.Dispose();
        saved.Dispose();
    }

    void AddGroup(int room)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            group.Clear();
            Propose();
            if (group.Count <= room && (dead > 0 ? TryAppendDead() : TryRun())) return;
        }
        // Nothing goes on from here: the trap flag is set, or a branch that is taken leads nowhere.
        TryAppend(new(Instruction.Create(Code.Cld)), position);
        ended = true;
    }

    bool TryAppendDead()
    {
        foreach (var step in group)
        {
            if (!TryAppend(step, position + Elsewhere)) return false;
            if (--dead > 0) continue;
            machine.Registers.Eip = position;
            Keep();
            break;
        }
        return true;
    }

    /// <summary>Runs the steps of the group. False: they are no good, and taken back.</summary>
    bool TryRun()
    {
        int before = steps.Count;
        uint start = position;
        for (int i = 0; i < group.Count && !ended && dead == 0; i++)
        {
            // An address that is a number is that behind the group; the length of an instruction does not depend on it.
            uint target = group[i].Instruction.Op0Kind == OpKind.NearBranch32 ? position + Elsewhere : EndOfGroup(i);
            if (TryAppend(group[i], target) && TryRunToEnd(group[i])) continue;
            GoBack(before, start);
            return false;
        }
        if (!ended && dead == 0 && machine.Registers.Esp is < VectorLayout.Stack + 256 or > VectorLayout.StackEnd - 256 && !random.OneIn(Attempts))
        {
            GoBack(before, start);
            return false;
        }
        Keep();
        return true;
    }

    uint EndOfGroup(int from)
    {
        uint end = position;
        for (int i = from; i < group.Count; i++) end += (uint)encoder.Encode(group[i].Instruction, end).Length;
        return end;
    }

    bool TryAppend(in SequenceStep step, uint target)
    {
        var resolved = EncodedSequence.Resolve(step, target);
        var bytes = encoder.Encode(resolved, position);
        if (bytes.Length == 0) return false;
        machine.Memory.Write(position, bytes);
        steps.Add(step);
        made.Add(position, resolved);
        position += (uint)bytes.Length;
        return true;
    }

    bool TryRunToEnd(in SequenceStep last)
    {
        var registers = machine.Registers;
        for (int retired = 0; retired < MostRetired && registers.Eip != position; retired++)
        {
            uint at = registers.Eip;
            if (!made.TryGetValue(at, out var current)) return false;
            if (tracker.Forbids(machine, current)) return false;
            var trap = machine.Run(1, out ulong one);
            if (one > 0) tracker.Done(current);
            if (trap.Kind != TrapKind.None) return ended = trap.Kind == TrapKind.Exception && random.OneIn(Attempts);
            if (last.Skip < 0 || registers.Eip != at + Elsewhere) continue;
            dead = last.Skip;
            if (dead == 0) registers.Eip = position;
            return true;
        }
        return registers.Eip == position;
    }
}
