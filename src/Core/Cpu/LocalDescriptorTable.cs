using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The LDT of an address space, shared by the threads in it: up to 8192 raw 8-byte descriptors (modify_ldt(2)).</summary>
/// <remarks>After a change each thread's segment registers that name the entry keep what they were loaded with until they are loaded anew.</remarks>
public sealed unsafe partial class LocalDescriptorTable : IDisposable
{
    /// <summary>The most entries.</summary>
    public const int MaximumEntries = 8192;

    /// <summary>Entries that exist.</summary>
    public int Count { get; private set; }

    internal ulong* Pointer { get; private set; }

    /// <summary>A raw descriptor; 0 for none. Setting one beyond <see cref="Count"/> extends the table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in 0 to 8191.</exception>
    public ulong this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MaximumEntries);
            return index < Count ? Pointer[index] : 0;
        }
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MaximumEntries);
            if (index >= Count) Resize(index + 1);
            Pointer[index] = value;
        }
    }

    /// <summary>A copy, for fork(2).</summary>
    public LocalDescriptorTable Clone()
    {
        var copy = new LocalDescriptorTable();
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Takes another table's entries.</summary>
    public void CopyFrom(LocalDescriptorTable other)
    {
        Resize(other.Count);
        new ReadOnlySpan<ulong>(other.Pointer, Count).CopyTo(new Span<ulong>(Pointer, Count));
    }

    /// <summary>Changes the number of entries; new ones are empty.</summary>
    public void Resize(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaximumEntries);
        Pointer = (ulong*)NativeMemory.Realloc(Pointer, (nuint)Math.Max(count, 1) * sizeof(ulong));
        if (count > Count) new Span<ulong>(Pointer + Count, count - Count).Clear();
        Count = count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
        Count = 0;
        GC.SuppressFinalize(this);
    }

    ~LocalDescriptorTable() => NativeMemory.Free(Pointer);
}
