using System.Numerics;
using System.Runtime.InteropServices;

namespace CheckpointRestart.PS.Runtime.Searching;

/// <summary>Words, at multiples of four, that are addresses in a range.</summary>
/// <param name="start">The range's first address.</param>
/// <param name="length">Its bytes; at least 1.</param>
sealed class PointerPattern(uint start, uint length) : MemoryPattern
{
    internal override int MostLength => sizeof(uint);

    internal override void Find(ReadOnlySpan<byte> bytes, int limit, List<(int Start, int Length)> hits)
    {
        var words = MemoryMarshal.Cast<byte, uint>(bytes[..limit]);
        var vectors = MemoryMarshal.Cast<uint, Vector<uint>>(words);
        var first = new Vector<uint>(start);
        var size = new Vector<uint>(length);
        for (int i = 0; i < vectors.Length; i++)
        {
            if (Vector.LessThanAny(vectors[i] - first, size)) Add(words, i * Vector<uint>.Count, (i + 1) * Vector<uint>.Count, hits);
        }
        Add(words, vectors.Length * Vector<uint>.Count, words.Length, hits);
    }

    void Add(ReadOnlySpan<uint> words, int from, int to, List<(int Start, int Length)> hits)
    {
        for (int i = from; i < to; i++)
            if (words[i] - start < length) hits.Add((i * sizeof(uint), sizeof(uint)));
    }
}
