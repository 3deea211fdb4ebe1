using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>An access that lies in a group.</summary>
/// <param name="Group">The group; -1 for none.</param>
/// <param name="Distance">Bytes from the group's first one.</param>
internal readonly record struct GroupedAccess(int Group, int Distance);

/// <summary>Accesses of one trace at known distances from what a register holds at its start: they are looked up together, as one range within a page.</summary>
internal sealed unsafe class AccessGroups
{
    internal const int Most = 4;

    /// <summary>A range is kept short, so that it seldom crosses a page.</summary>
    const int LongestSpan = 512;

    const int EspNumber = 4, EbpNumber = 5;

    /// <summary>One group.</summary>
    internal struct Range
    {
        /// <summary>The register's number.</summary>
        public int Base;
        /// <summary>First byte and the one behind the last, from what the register holds at the start of the trace.</summary>
        public int Low, High;
        public bool Writes;
        public int Accesses;
    }

    readonly Range[] ranges = new Range[8];
    readonly int[] groupOf = new int[8];
    readonly Range[] groups = new Range[Most];

    /// <summary>Registers that hold what they held at the start, and by how much more.</summary>
    readonly bool[] isKnown = new bool[8];
    readonly int[] deltas = new int[8];
    readonly (int Base, int Offset)[] operands = new (int, int)[Trace.Most], stacks = new (int, int)[Trace.Most];
    int end;

    /// <summary>Groups of the trace.</summary>
    internal int Count { get; private set; }

    internal Range this[int group] => groups[group];

    /// <summary>The memory operand of an instruction.</summary>
    internal GroupedAccess Operand(int index) => Find(operands, index);

    /// <summary>What an instruction pushes or pops.</summary>
    internal GroupedAccess Stack(int index) => Find(stacks, index);

    /// <summary>No group is valid from an instruction on.</summary>
    internal void EndAt(int index) => end = Math.Min(end, index);

    /// <summary>No groups: every access is checked.</summary>
    internal void Clear()
    {
        Count = 0;
        end = 0;
    }

    /// <summary>Looks for groups.</summary>
    /// <param name="trace">What is translated.</param>
    /// <param name="rules">Null for what is interpreted, behind which nothing is grouped.</param>
    /// <param name="written">General registers that each instruction changes, a bit each.</param>
    /// <param name="accesses">What each instruction does to its memory operand.</param>
    internal void Plan(Trace trace, Rewrite?[] rules, int[] written, OpAccess[] accesses)
    {
        Count = 0;
        Array.Clear(ranges);
        Array.Fill(isKnown, true);
        Array.Clear(deltas);
        for (end = 0; end < trace.Count; end++)
        {
            operands[end] = stacks[end] = (-1, 0);
            if (rules[end] == null) break;
            ref readonly var instruction = ref trace.Instructions[end];
            NoteOperand(instruction, trace.Op(end), accesses[end]);
            NoteStack(instruction);
            NoteChange(instruction, written[end]);
        }
        Choose();
    }

    void NoteOperand(in Instruction instruction, Op* op, OpAccess access)
    {
        if (access is OpAccess.None or OpAccess.NoMemAccess || op->Special != 0 || instruction.MemoryIndex != Register.None || instruction.MemoryBase == Register.None) return;
        int size = instruction.MemorySize.GetSize(), number = instruction.MemoryBase.GetNumber();
        // Of 16 bytes the alignment counts too.
        if (size is 0 or > 8) return;
        long offset = (int)(uint)instruction.MemoryDisplacement64;
        if (!isKnown[number]) return;
        offset += deltas[number];
        // What reads and writes needs the right to write.
        bool writes = access is not (OpAccess.Read or OpAccess.CondRead);
        if (TryAdd(number, offset, size, writes)) operands[end] = (number, (int)offset);
    }

    void NoteStack(in Instruction instruction)
    {
        int delta = deltas[EspNumber];
        bool known = isKnown[EspNumber];
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push:
            case Mnemonic.Call:
                if (known && TryAdd(EspNumber, delta - 4, 4, writes: true)) stacks[end] = (EspNumber, delta - 4);
                break;
            case Mnemonic.Ret:
            case Mnemonic.Pop when instruction.Op0Kind == OpKind.Register:
                if (known && TryAdd(EspNumber, delta, 4, writes: false)) stacks[end] = (EspNumber, delta);
                break;
            case Mnemonic.Leave:
                if (isKnown[EbpNumber] && TryAdd(EbpNumber, deltas[EbpNumber], 4, writes: false)) stacks[end] = (EbpNumber, deltas[EbpNumber]);
                break;
        }
    }

    void NoteChange(in Instruction instruction, int written)
    {
        int moved = -1;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push:
            case Mnemonic.Call:
                Move(moved = EspNumber, -4);
                break;
            case Mnemonic.Ret:
                Move(moved = EspNumber, 4 + (instruction.OpCount > 0 ? instruction.Immediate16 : 0));
                break;
            case Mnemonic.Pop when instruction.Op0Kind == OpKind.Register && instruction.Op0Register != Register.ESP:
                Move(moved = EspNumber, 4);
                break;
            case Mnemonic.Add or Mnemonic.Sub or Mnemonic.Inc or Mnemonic.Dec when ArithmeticRewrites.Step(instruction) is { } step:
                Move(moved = instruction.Op0Register.GetNumber(), step);
                break;
            case Mnemonic.Lea when instruction.Op0Register.IsGPR32() && instruction.MemoryBase == instruction.Op0Register && instruction.MemoryIndex == Register.None:
                Move(moved = instruction.Op0Register.GetNumber(), (int)(uint)instruction.MemoryDisplacement64);
                break;
        }
        for (int number = 0; number < isKnown.Length; number++)
            if (number != moved && (written >> number & 1) != 0) isKnown[number] = false;
    }

    /// <summary>Far away nothing lies within a group.</summary>
    void Move(int number, int bytes)
    {
        const int Furthest = 1 << 24;
        if (bytes is > Furthest or < -Furthest || deltas[number] is > Furthest or < -Furthest) isKnown[number] = false;
        else deltas[number] += bytes;
    }

    bool TryAdd(int number, long offset, int size, bool writes)
    {
        ref var range = ref ranges[number];
        if (range.Accesses == 0)
        {
            range = new Range { Base = number, Low = (int)offset, High = (int)offset + size };
            if (offset is > 1 << 30 or < -(1 << 30)) return false;
        }
        long low = Math.Min(range.Low, offset), high = Math.Max(range.High, offset + size);
        if (high - low > LongestSpan) return false;
        range.Low = (int)low;
        range.High = (int)high;
        range.Writes |= writes;
        range.Accesses++;
        return true;
    }

    /// <summary>The registers with most accesses, two at least.</summary>
    void Choose()
    {
        Array.Fill(groupOf, -1);
        while (Count < Most)
        {
            int best = -1;
            for (int i = 0; i < ranges.Length; i++)
                if (groupOf[i] < 0 && ranges[i].Accesses > 1 && (best < 0 || ranges[i].Accesses > ranges[best].Accesses)) best = i;
            if (best < 0) return;
            groupOf[best] = Count;
            groups[Count++] = ranges[best];
        }
    }

    GroupedAccess Find((int Base, int Offset)[] accesses, int index)
    {
        if (index >= end || Count == 0 || accesses[index].Base < 0) return new GroupedAccess(-1, 0);
        int group = groupOf[accesses[index].Base];
        return group < 0 ? new GroupedAccess(-1, 0) : new GroupedAccess(group, accesses[index].Offset - groups[group].Low);
    }
}
