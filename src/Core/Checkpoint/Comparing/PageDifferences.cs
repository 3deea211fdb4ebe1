using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>Finds the byte ranges in which numbered pages differ. A range goes over the ends of pages.</summary>
/// <param name="left">Copies a page of the first image.</param>
/// <param name="right">Copies a page of the second image.</param>
internal sealed class PageDifferences(Action<int, Span<byte>> left, Action<int, Span<byte>> right)
{
    /// <summary>Longer ranges are given in parts.</summary>
    const int Most = 1 << 16;

    readonly byte[] one = new byte[ImageLimits.PageSize], other = new byte[ImageLimits.PageSize];
    readonly List<byte> before = [], after = [];
    long start;

    /// <param name="first">Pages of the first image: number in the object, and in the image.</param>
    /// <param name="second">Those of the second.</param>
    /// <param name="found">Gets what there is.</param>
    /// <param name="cancellation">Ends it.</param>
    public void Run(SortedDictionary<uint, int> first, SortedDictionary<uint, int> second, Action<DifferenceChange, uint, long, byte[]?, byte[]?> found, CancellationToken cancellation)
    {
        foreach (var (page, number) in first)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!second.TryGetValue(page, out int counterpart)) continue;
            left(number, one);
            right(counterpart, other);
            if (one.AsSpan().SequenceEqual(other)) continue;
            foreach (var (at, length) in ByteRanges.Of(one, other))
            {
                long address = (long)page * ImageLimits.PageSize + at;
                if (before.Count > 0 && (start + before.Count != address || before.Count + length > Most)) Give(found);
                if (before.Count == 0) start = address;
                before.AddRange(one.AsSpan(at, length));
                after.AddRange(other.AsSpan(at, length));
            }
        }
        Give(found);
        GiveMissing(first, second, DifferenceChange.Removed, found);
        GiveMissing(second, first, DifferenceChange.Added, found);
    }

    void Give(Action<DifferenceChange, uint, long, byte[]?, byte[]?> found)
    {
        if (before.Count > 0) found(DifferenceChange.Changed, (uint)start, before.Count, [.. before], [.. after]);
        before.Clear();
        after.Clear();
    }

    static void GiveMissing(SortedDictionary<uint, int> here, SortedDictionary<uint, int> there, DifferenceChange change, Action<DifferenceChange, uint, long, byte[]?, byte[]?> found)
    {
        uint first = 0, count = 0;
        foreach (uint page in here.Keys)
        {
            if (there.ContainsKey(page)) continue;
            if (count > 0 && page != first + count)
            {
                found(change, first * ImageLimits.PageSize, (long)count * ImageLimits.PageSize, null, null);
                count = 0;
            }
            if (count++ == 0) first = page;
        }
        if (count > 0) found(change, first * ImageLimits.PageSize, (long)count * ImageLimits.PageSize, null, null);
    }
}
