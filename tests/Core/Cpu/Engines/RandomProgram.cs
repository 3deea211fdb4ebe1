using System.Text;
using CheckpointRestart.Core.Tests.Sequences;
using Iced.Intel;
using Decoder = Iced.Intel.Decoder;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>What of an instruction is the address of another.</summary>
internal enum ProgramFix : byte
{
    None,
    Branch,
    Immediate,
    Displacement,
}

/// <summary>One instruction of a program.</summary>
/// <param name="Instruction">As Iced has it.</param>
/// <param name="Fix">What of it depends on where others lie.</param>
/// <param name="Target">The item that it names.</param>
/// <param name="Offset">Bytes behind that item's start.</param>
internal readonly record struct ProgramItem(Instruction Instruction, ProgramFix Fix = ProgramFix.None, int Target = -1, int Offset = 0);

/// <summary>Instructions with branches, loops, calls and stores into themselves, and the state that they start from.</summary>
internal sealed class RandomProgram(ulong seed, uint place, IReadOnlyList<ProgramItem> items, IReadOnlyList<int> segments)
{
    readonly bool[] removed = new bool[items.Count];

    internal ulong Seed { get; } = seed;

    internal uint Place { get; } = place;

    internal int Count => items.Count;

    /// <summary>Items at which something may begin.</summary>
    internal IReadOnlyList<int> Segments { get; } = segments;

    /// <summary>Address of each item, and of the end.</summary>
    internal uint[] Starts { get; } = new uint[items.Count + 1];

    internal bool IsRemoved(int item) => removed[item];

    /// <summary>Leaves items out, or takes them in again.</summary>
    internal void Remove(int first, int count, bool value) => removed.AsSpan(first, Math.Min(count, removed.Length - first)).Fill(value);

    /// <summary>The program as machine code; branches that do not reach are left out.</summary>
    internal byte[] Encode()
    {
        var encoder = new SequenceEncoder();
        while (true)
        {
            var code = new List<byte>();
            Starts[0] = Place;
            for (int i = 0; i < items.Count; i++) Starts[i + 1] = Starts[i] + (removed[i] ? 0 : (uint)encoder.Encode(Resolve(items[i], Starts[i]), Starts[i]).Length);
            int failed = -1;
            for (int i = 0; i < items.Count && failed < 0; i++)
            {
                if (removed[i]) continue;
                var bytes = encoder.Encode(Resolve(items[i], items[i].Fix == ProgramFix.None ? 0 : Starts[items[i].Target] + (uint)items[i].Offset), Starts[i]);
                if (bytes.Length == Starts[i + 1] - Starts[i] && bytes.Length > 0) code.AddRange(bytes);
                else failed = i;
            }
            if (failed < 0) return [.. code];
            removed[failed] = true;
        }
    }

    static Instruction Resolve(in ProgramItem item, uint address)
    {
        var instruction = item.Instruction;
        switch (item.Fix)
        {
            case ProgramFix.Branch: instruction.NearBranch32 = address; break;
            case ProgramFix.Immediate: instruction.Immediate32 = address; break;
            case ProgramFix.Displacement: instruction.MemoryDisplacement32 = address; break;
        }
        return instruction;
    }

    /// <summary>The segment that begins behind an address; the first for one that is elsewhere.</summary>
    internal uint After(uint address)
    {
        foreach (int item in Segments) if (Starts[item] > address) return Starts[item];
        return Starts[Segments[0]];
    }

    public override string ToString()
    {
        byte[] code = Encode();
        var text = new StringBuilder().AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"program {Seed}");
        for (int i = 0; i < items.Count; i++)
        {
            if (removed[i]) continue;
            Decoder.Create(32, code[(int)(Starts[i] - Place)..], Starts[i]).Decode(out var instruction);
            text.AppendLine($"{(Segments.Contains(i) ? '>' : ' ')} {Starts[i]:x8} {Convert.ToHexStringLower(code, (int)(Starts[i] - Place), instruction.Length),-24} {SequenceStepText.Of(instruction)}");
        }
        return text.ToString();
    }
}
