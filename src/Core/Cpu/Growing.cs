namespace CheckpointRestart.Core.Cpu;

/// <summary>A list. The framework's own of our types is compiled anew by each process, first without optimisation; this is compiled with the assembly.</summary>
internal sealed class Growing<T>
{
    T[] items = new T[16];

    internal int Count { get; private set; }

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
