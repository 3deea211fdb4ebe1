using System.Buffers;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime.Searching;

/// <summary>Looks through all memory of a task or image, on all processors.</summary>
sealed class MemorySearch(Subject subject, MemoryPattern pattern)
{
    const int PageSize = 4096, Piece = 1 << 20;

    /// <summary>The hits, ascending; what is not there, or not in the image, is passed over.</summary>
    internal IEnumerable<CrMemoryMatch> Find(IReadOnlyList<CrVma> regions, CancellationToken token)
    {
        long end = 0;
        var pieces = Runs(regions).SelectMany(Pieces).AsParallel().AsOrdered().WithCancellation(token).WithMergeOptions(ParallelMergeOptions.NotBuffered).SelectMany(Find);
        foreach (var match in pieces)
        {
            // The rest of what began in the piece before.
            if (!pattern.MayOverlap && match.Address < end) continue;
            end = match.Address + (long)match.Length;
            yield return match;
        }
    }

    /// <summary>Pages that lie side by side, in regions of one kind or of many.</summary>
    static IEnumerable<Run> Runs(IEnumerable<CrVma> regions)
    {
        var run = new Run(0, 0, []);
        foreach (var vma in regions)
        {
            foreach (var page in vma.Subject.Pages(vma))
            {
                if (page.Address != run.End)
                {
                    if (run.Regions.Count > 0) yield return run;
                    run = new Run(page.Address, page.Address, []);
                }
                if (run.Regions.Count == 0 || run.Regions[^1] != vma) run.Regions.Add(vma);
                run = run with { End = page.Address + PageSize };
            }
        }
        if (run.Regions.Count > 0) yield return run;
    }

    static IEnumerable<(Run Run, long Start)> Pieces(Run run)
    {
        for (long start = run.Start; start < run.End; start += Piece) yield return (run, start);
    }

    List<CrMemoryMatch> Find((Run Run, long Start) piece)
    {
        var (run, start) = piece;
        int length = (int)Math.Min(Piece, run.End - start), all = (int)Math.Min(length + pattern.MostLength - 1, run.End - start);
        var buffer = ArrayPool<byte>.Shared.Rent(all);
        try
        {
            // Pages may have gone since they were listed.
            int read = subject.Read((uint)start, buffer, all);
            var hits = new List<(int Start, int Length)>();
            pattern.Find(buffer.AsSpan(0, read), Math.Min(length, read), hits);
            var found = new List<CrMemoryMatch>(hits.Count);
            foreach (var hit in hits)
            {
                uint address = (uint)(start + hit.Start);
                found.Add(new CrMemoryMatch(address, buffer.AsSpan(hit.Start, hit.Length).ToArray(), run.Regions.First(vma => address - vma.Start < vma.Size)));
            }
            return found;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    sealed record Run(long Start, long End, List<CrVma> Regions);
}
