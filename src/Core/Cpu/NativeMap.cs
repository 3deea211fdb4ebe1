using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>A value for each number that has one, 0 for all others: a hash table in native memory, compiled with the assembly as the framework's own of our types is not.</summary>
internal sealed unsafe class NativeMap : IDisposable
{
    const ulong Factor = 0x9E3779B97F4A7C15;
    const int FewestBits = 6;

    struct Entry
    {
        /// <summary>The number plus 1; 0 for a free entry.</summary>
        public ulong Key;
        public nint Value;
    }

    Entry* entries;
    int bits = FewestBits, count;

    internal NativeMap() => entries = Make(bits);

    ~NativeMap() => Free();

    /// <summary>Places of the table, for <see cref="At"/>.</summary>
    internal int Length => 1 << bits;

    /// <summary>The value at a place of the table; 0 for none.</summary>
    internal nint At(int place) => entries[place].Value;

    /// <summary>A number's value, to be read or set; to take it out, it is set to 0.</summary>
    internal ref nint this[ulong number]
    {
        get
        {
            if (count * 2 > 1 << bits) Grow();
            var entry = Find(entries, bits, number + 1);
            if (entry->Key == 0)
            {
                entry->Key = number + 1;
                count++;
            }
            return ref entry->Value;
        }
    }

    /// <summary>A number's value.</summary>
    internal nint Get(ulong number) => Find(entries, bits, number + 1)->Value;

    /// <summary>Empties it. After the finalizer, which may come before that of whoever owns this, there is nothing to empty.</summary>
    internal void Clear()
    {
        if (entries == null) return;
        new Span<byte>(entries, sizeof(Entry) << bits).Clear();
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

    /// <summary>Makes room, by leaving out what was taken out where that is much.</summary>
    void Grow()
    {
        int live = 0;
        for (int i = 0; i < Length; i++)
            if (entries[i].Value != 0) live++;
        int larger = live * 4 > Length ? bits + 1 : bits;
        var made = Make(larger);
        for (int i = 0; i < Length; i++)
            if (entries[i].Value != 0) *Find(made, larger, entries[i].Key) = entries[i];
        NativeMemory.Free(entries);
        entries = made;
        bits = larger;
        count = live;
    }

    static Entry* Make(int bits) => (Entry*)NativeMemory.AllocZeroed((nuint)(sizeof(Entry) << bits));

    static Entry* Find(Entry* table, int bits, ulong key)
    {
        int at = (int)((key * Factor) >> (64 - bits));
        while (table[at].Key != 0 && table[at].Key != key) at = at + 1 & ((1 << bits) - 1);
        return table + at;
    }
}
