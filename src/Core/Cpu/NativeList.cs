using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>A list in native memory, for what grows large: large arrays would have the collector look at the whole heap while a program starts.</summary>
internal sealed unsafe class NativeList<T> : IDisposable
    where T : unmanaged
{
    const int Fewest = 256;

    T* items;

    ~NativeList() => Free();

    internal int Count { get; private set; }

    /// <summary>Items that it has room for.</summary>
    internal int Capacity { get; private set; }

    internal ref T this[int index] => ref items[index];

    internal void Add(in T item)
    {
        if (Count == Capacity) Grow(Count + 1);
        items[Count++] = item;
    }

    /// <summary>Adds items that the caller fills in.</summary>
    /// <returns>They, until the next are added.</returns>
    internal Span<T> Add(int count)
    {
        if (Capacity - Count < count) Grow(Count + count);
        Count += count;
        return new Span<T>(items + Count - count, count);
    }

    /// <summary>Empties it; its room stays.</summary>
    internal void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        NativeMemory.Free(items);
        items = null;
        Count = Capacity = 0;
    }

    void Grow(int needed)
    {
        Capacity = Math.Max(Math.Max(Capacity * 2, Fewest), needed);
        items = (T*)NativeMemory.Realloc(items, (nuint)Capacity * (nuint)sizeof(T));
    }
}
