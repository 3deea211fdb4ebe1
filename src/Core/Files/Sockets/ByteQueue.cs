using System.Numerics;

namespace CheckpointRestart.Core.Files;

/// <summary>Bytes in the order in which they came, in a ring that grows as it needs and is let go of when it is empty.</summary>
internal sealed partial class ByteQueue
{
    const int Least = 4096;

    byte[] ring = [];
    int start;

    /// <summary>Bytes in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds at the end.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (ring.Length < Count + bytes.Length)
        {
            var larger = new byte[BitOperations.RoundUpToPowerOf2((uint)Math.Max(Count + bytes.Length, Least))];
            CopyTo(0, larger.AsSpan(0, Count));
            ring = larger;
            start = 0;
        }
        int end = (start + Count) & (ring.Length - 1);
        int first = Math.Min(bytes.Length, ring.Length - end);
        bytes[..first].CopyTo(ring.AsSpan(end));
        bytes[first..].CopyTo(ring);
        Count += bytes.Length;
    }

    /// <summary>Copies from an offset on, without taking.</summary>
    public void CopyTo(int offset, Span<byte> to)
    {
        if (to.IsEmpty) return;
        int from = (start + offset) & (ring.Length - 1);
        int first = Math.Min(to.Length, ring.Length - from);
        ring.AsSpan(from, first).CopyTo(to);
        ring.AsSpan(0, to.Length - first).CopyTo(to[first..]);
    }

    /// <summary>Takes from the front.</summary>
    public void Skip(int count)
    {
        Count -= count;
        start = Count == 0 ? 0 : (start + count) & (ring.Length - 1);
        if (Count == 0 && ring.Length > 65536) ring = [];
    }

    /// <summary>Takes all.</summary>
    public void Clear()
    {
        ring = [];
        start = Count = 0;
    }
}
