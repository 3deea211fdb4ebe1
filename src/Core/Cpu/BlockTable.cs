using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>Blocks by their EIP and mode: a hash table in native memory.</summary>
internal sealed unsafe class BlockTable : IDisposable
{
    const uint Factor = 0x9E3779B1;
    const int FewestBits = 10;

    Block** entries;
    int bits = FewestBits, count;

    internal BlockTable() => entries = Make(bits);

    ~BlockTable() => Free();

    /// <summary>Entries, used or null.</summary>
    internal int Length => 1 << bits;

    /// <summary>An entry.</summary>
    internal Block* this[int index] => entries[index];

    /// <summary>Finds a block; null when there is none.</summary>
    internal Block* Find(uint eip, uint mode) => *Place(entries, bits, eip, mode);

    /// <summary>Puts a block into the place of that with the same EIP and mode.</summary>
    internal void Set(Block* block)
    {
        if (count * 2 > 1 << bits) Grow();
        var place = Place(entries, bits, block->Eip, block->Mode);
        if (*place == null) count++;
        *place = block;
    }

    /// <summary>Takes a block out, if it is in.</summary>
    internal void Remove(Block* block)
    {
        var place = Place(entries, bits, block->Eip, block->Mode);
        if (*place != block) return;
        count--;
        // What stands behind it may have been put there only because this was in its way.
        uint mask = (1u << bits) - 1, hole = (uint)(place - entries);
        for (uint at = hole + 1 & mask; entries[at] != null; at = at + 1 & mask)
        {
            uint home = Hash(entries[at]->Eip, bits);
            if ((at - home & mask) < (at - hole & mask)) continue;
            entries[hole] = entries[at];
            hole = at;
        }
        entries[hole] = null;
    }

    /// <summary>Empties it. After the finalizer, which may come before that of whoever owns this, there is nothing to empty.</summary>
    internal void Clear()
    {
        if (entries == null) return;
        new Span<nint>(entries, 1 << bits).Clear();
        count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        NativeMemory.Free(entries);
        entries = null;
    }

    void Grow()
    {
        var larger = Make(bits + 1);
        for (int i = 0; i < 1 << bits; i++)
            if (entries[i] != null) *Place(larger, bits + 1, entries[i]->Eip, entries[i]->Mode) = entries[i];
        NativeMemory.Free(entries);
        entries = larger;
        bits++;
    }

    static Block** Make(int bits) => (Block**)NativeMemory.AllocZeroed((nuint)(sizeof(Block*) << bits));

    static uint Hash(uint eip, int bits) => (eip * Factor) >> (32 - bits);

    /// <summary>Where a block is, or where it would be put.</summary>
    static Block** Place(Block** table, int bits, uint eip, uint mode)
    {
        uint at = Hash(eip, bits);
        while (table[at] != null && (table[at]->Eip != eip || table[at]->Mode != mode)) at = at + 1 & ((1u << bits) - 1);
        return table + at;
    }
}
