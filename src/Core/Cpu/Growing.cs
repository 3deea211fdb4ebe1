namespace CheckpointRestart.Core.Cpu;

/// <summary>A list. The framework's own of our types is compiled anew by each process, first without optimisation; this is compiled with the assembly.</summary>
internal sealed class Growing<T>
{
    T[] items = new T[16];

    internal int Count { get; private set; }

    /// <summary>Items that it has room for.</summary>
    internal int Capacity => items.Length;

    /// <summary>The items, until the next is added.</summary>
    internal Span<T> Items => items.AsSpan(0, Count);

    /// <summary>A copy of the items.</summary>
    internal T[] ToArray() => items[..Count];

    internal ref T this[int index] => ref items[index];

    internal void Add(in T item)
    {
        if (Count == items.Length)
        {
            var larger = new T[items.Length * 2];
            for (int i = 0; i < items.Length; i++) larger[i] = items[i];
            items = larger;
        }
        items[Count++] = item;
    }

    internal void Clear() => Count = 0;
}
