using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>A value for each page of guest memory that has one, 0 for all others: a hash table in native memory.</summary>
internal sealed unsafe class PageMap : IDisposable
{
    const uint Factor = 0x9E3779B1;

    struct Entry
    {
        /// <summary>The page's number plus 1; 0 for a free entry.</summary>
        public uint Key;
        public nint Value;
    }

    Entry* entries;
    int bits = 6, count;

    internal PageMap() => entries = Make(bits);

    ~PageMap() => Free();

    /// <summary>The page's value, to be read or set.</summary>
    internal ref nint this[uint page]
    {
        get
        {
            if (count * 4 > 3 << bits) Grow();
            var entry = Find(entries, bits, page + 1);
            if (entry->Key == 0)
            {
                entry->Key = page + 1;
                count++;
            }
            return ref entry->Value;
        }
    }

    /// <summary>The page's value.</summary>
    internal nint Get(uint page) => Find(entries, bits, page + 1)->Value;

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

    void Grow()
    {
        var larger = Make(bits + 1);
        for (int i = 0; i < 1 << bits; i++)
            if (entries[i].Key != 0) *Find(larger, bits + 1, entries[i].Key) = entries[i];
        NativeMemory.Free(entries);
        entries = larger;
        bits++;
    }

    static Entry* Make(int bits) => (Entry*)NativeMemory.AllocZeroed((nuint)(sizeof(Entry) << bits));

    static Entry* Find(Entry* table, int bits, uint key)
    {
        uint at = (key * Factor) >> (32 - bits);
        while (table[at].Key != 0 && table[at].Key != key) at = at + 1 & ((1u << bits) - 1);
        return table + at;
    }
}
