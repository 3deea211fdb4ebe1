using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>Pages of a region as runs of the numbers that they have in the image: a region of a GiB is listed as soon as one of a page.</summary>
sealed class RunPages : PageSet
{
    /// <param name="First">The first page's number in the address space.</param>
    /// <param name="Page">Its number in the image.</param>
    /// <param name="Before">Pages of the region in front of it.</param>
    readonly record struct Run(long First, long Count, long Page, int Before)
    {
        public long End => First + Count;
    }

    readonly ImagePages pages;
    readonly Run[] runs;

    RunPages(ImagePages pages, Run[] runs)
    {
        this.pages = pages;
        this.runs = runs;
        Count = runs.Length == 0 ? 0 : runs[^1].Before + (int)runs[^1].Count;
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <summary>The pages from one number up to another, the second left out.</summary>
    /// <param name="own">What the region has of its own, each as its first page, how many there are, and their number in the image.</param>
    /// <param name="shared">What is seen where it has none of its own.</param>
    public static RunPages Of(ImagePages pages, long start, long end, IEnumerable<(long First, long Count, long Page)> own, IEnumerable<(long First, long Count, long Page)> shared)
    {
        var above = Within(own, start, end);
        var all = new List<Run>(above);
        foreach (var run in Within(shared, start, end))
        {
            long from = run.First;
            foreach (var cover in above)
            {
                if (cover.End <= from) continue;
                if (cover.First >= run.End) break;
                if (cover.First > from) all.Add(Part(run, from, cover.First));
                from = cover.End;
            }
            if (from < run.End) all.Add(Part(run, from, run.End));
        }
        all.Sort(static (one, other) => one.First.CompareTo(other.First));
        int before = 0;
        var made = new Run[all.Count];
        for (int i = 0; i < made.Length; before += (int)all[i++].Count) made[i] = all[i] with { Before = before };
        return new RunPages(pages, made);
    }

    /// <summary>Runs ascending and without a page twice.</summary>
    static List<Run> Within(IEnumerable<(long First, long Count, long Page)> given, long start, long end)
    {
        var found = new List<Run>();
        long from = start;
        foreach (var (first, count, page) in given.Where(run => run.First < end && run.First + run.Count > start).OrderBy(static run => run.First))
        {
            var run = new Run(first, count, page, 0);
            from = Math.Max(from, first);
            long to = Math.Min(run.End, end);
            if (from >= to) continue;
            found.Add(Part(run, from, to));
            from = to;
        }
        return found;
    }

    static Run Part(Run run, long from, long to) => new(from, to - from, run.Page + (from - run.First), 0);

    /// <inheritdoc/>
    public override uint AddressOf(int index)
    {
        var run = runs[At(index)];
        return (uint)((run.First + (index - run.Before)) << 12);
    }

    /// <inheritdoc/>
    public override void CopyPages(int first, Span<byte> destination)
    {
        for (int at = destination.IsEmpty ? 0 : At(first); !destination.IsEmpty; at++)
        {
            var run = runs[at];
            int within = first - run.Before, bytes = (int)Math.Min(destination.Length, (run.Count - within) * ImageLimits.PageSize);
            pages.CopyRun((int)(run.Page + within), destination[..bytes]);
            destination = destination[bytes..];
            first += bytes / ImageLimits.PageSize;
        }
    }

    /// <summary>The run that has a page.</summary>
    int At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        int low = 0, high = runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (runs[middle].Before <= index) low = middle;
            else high = middle - 1;
        }
        return low;
    }
}
