using CheckpointRestart.Core.Memory;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>What is translated in one piece: a hot block, and those that mostly follow it. It is entered at its head alone and may be left at every branch.</summary>
internal sealed unsafe class Trace
{
    /// <summary>Instructions of the longest trace.</summary>
    internal const int Most = 128;

    const int MostBlocks = 16;

    /// <summary>Instructions up to which a loop is repeated, and how often.</summary>
    const int LongestRepeated = 64, MostCopies = 8;

    readonly Block*[] owners = new Block*[Most];
    readonly int[] indexes = new int[Most];
    readonly nint[] members = new nint[MostBlocks];

    /// <summary>Where the calls of the trace return to that have not returned.</summary>
    readonly uint[] returns = new uint[MostBlocks];
    int returnCount;
    readonly GuestCodeReader reader = new();
    readonly Decoder decoder;

    internal Trace() => decoder = Decoder.Create(32, reader, BlockBuilder.Options);

    /// <summary>Instructions.</summary>
    internal int Count { get; private set; }

    /// <summary>Blocks.</summary>
    internal int Members { get; private set; }

    internal Instruction[] Instructions { get; } = new Instruction[Most];

    internal Block* Head => (Block*)members[0];

    internal Block* Member(int index) => (Block*)members[index];

    /// <summary>The blocks, the head first.</summary>
    internal ReadOnlySpan<nint> Blocks => members.AsSpan(0, Members);

    /// <summary>The block that an instruction belongs to.</summary>
    internal Block* Owner(int index) => owners[index];

    /// <summary>An instruction's place in its block.</summary>
    internal int IndexOf(int index) => indexes[index];

    internal Op* Op(int index) => owners[index]->First + indexes[index];

    /// <summary>True when the trace goes on behind an instruction.</summary>
    internal bool Continues(int index) => index + 1 < Count;

    /// <summary>EIP of the instruction that the trace goes on with.</summary>
    internal uint NextEip(int index) => Op(index + 1)->Start;

    /// <summary>Collects a trace.</summary>
    /// <param name="memory">Where the code is.</param>
    /// <param name="cache">The blocks that are known, with how often each was run.</param>
    /// <param name="head">Where it begins.</param>
    /// <param name="most">The most blocks.</param>
    /// <param name="repeats">A short loop is taken several times over.</param>
    /// <param name="through">Goes on through what is translated already, and so has it twice; else the trace ends in front of it.</param>
    /// <returns>False when the code is not what was decoded.</returns>
    internal bool TryCollect(AddressSpace memory, BlockCache cache, Block* head, int most, bool repeats, bool through)
    {
        Count = Members = returnCount = 0;
        bool isLoop = false;
        for (var block = head; block != null && Members < Math.Min(most, MostBlocks) && Count + block->Count <= Most && !(isLoop = block == head && Members > 0) && !Contains(block)
            && (through || Members == 0 || block->Code == null); block = Successor(cache, block))
        {
            if (!TryDecode(memory, block)) return Members > 0;
            for (int i = 0; i < block->Count; i++)
            {
                owners[Count + i] = block;
                indexes[Count + i] = i;
            }
            Count += block->Count;
            members[Members++] = (nint)block;
        }
        if (isLoop && repeats) Repeat();
        return true;
    }

    /// <summary>Between the copies nothing is charged, and flags are kept only where a copy is left.</summary>
    void Repeat()
    {
        int length = Count, copies = Math.Min(MostCopies, LongestRepeated / length);
        for (; Count < length * copies; Count++)
        {
            Instructions[Count] = Instructions[Count - length];
            owners[Count] = owners[Count - length];
            indexes[Count] = indexes[Count - length];
        }
    }

    bool Contains(Block* block)
    {
        for (int i = 0; i < Members; i++)
            if (members[i] == (nint)block) return true;
        return false;
    }

    bool TryDecode(AddressSpace memory, Block* block)
    {
        reader.Begin(memory, block->CodeBase, uint.MaxValue);
        reader.Seek(block->Eip);
        decoder.IP = block->Eip;
        for (int i = 0; i < block->Count; i++)
        {
            decoder.Decode(out Instructions[Count + i]);
            if (Instructions[Count + i].Code != block->First[i].Code) return false;
        }
        return true;
    }

    /// <summary>The block that was run most often behind the last one; null where nothing says so.</summary>
    Block* Successor(BlockCache cache, Block* block)
    {
        ref readonly var last = ref Instructions[Count - 1];
        if ((block->First[block->Count - 1].Traits & OpTraits.EndsBlock) == 0) return Known(cache, block, block->First[block->Count - 1].Next);
        if (RewriteTable.Instance.Find(last.Code) == null) return null;
        if (last.IsCallNear)
        {
            returns[returnCount++] = (uint)last.NextIP;
            return Known(cache, block, (uint)last.NearBranchTarget);
        }
        if (last.Mnemonic == Mnemonic.Ret) return returnCount == 0 ? null : Known(cache, block, returns[--returnCount]);
        if (last.IsJmpShortOrNear) return Known(cache, block, (uint)last.NearBranchTarget);
        if (StringRewrites.Repeats(block->First + block->Count - 1)) return Known(cache, block, (uint)last.NextIP);
        if (!last.IsJccShortOrNear) return null;
        Block* taken = Known(cache, block, (uint)last.NearBranchTarget), next = Known(cache, block, (uint)last.NextIP);
        if (taken == null || next == null) return taken == null ? next : taken;
        return taken->Runs > next->Runs ? taken : next;
    }

    static Block* Known(BlockCache cache, Block* from, uint eip)
    {
        var block = cache.Find(eip, from->Mode, from->CodeBase);
        return block != null && block->Copy == null && block->Runs > 3 ? block : null;
    }
}
