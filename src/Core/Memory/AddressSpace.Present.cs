using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Memory;

/// <content>State: which pages are there that are not the space's own. An image has no contents of them, but what a process has in memory is for it to see.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>When files and shared memory are filled.</summary>
    const int SourcesAreFilled = 10;

    readonly record struct PresentRun(uint First, uint Count, bool IsDirty);

    void VisitPresent(StateVisitor visitor)
    {
        var runs = visitor.List<PresentRun>("present", visitor.IsReading ? [] : PresentRuns(), PageCount, static (v, run) => new PresentRun(v.Uint("first", run.First, UserEnd >> 12), v.Uint("count", run.Count, UserEnd >> 12), v.Flag("dirty", run.IsDirty)));
        long most = visitor.Number("resident-most", ResidentMost, 0, PageCount);
        ulong mappedMost = visitor.Word("mapped-most", MappedMost);
        if (!visitor.IsReading) return;
        visitor.Later(SourcesAreFilled, () =>
        {
            foreach (var run in runs)
                for (uint page = run.First; page - run.First < run.Count; page++) FetchPresent(visitor, page, run.IsDirty);
            ResidentMost = Math.Max(most, ResidentPages);
            MappedMost = Math.Max(mappedMost, MappedBytes);
        });
    }

    void FetchPresent(StateVisitor visitor, uint page, bool isDirty)
    {
        visitor.Require(page < UserEnd >> 12 && FindRegion(page << 12) is not null && pages[page] == 0, "a page that is there lies in a region, and once");
        var vma = FindRegion(page << 12)!;
        visitor.Require(TryFaultIn(vma, page) == FaultKind.None, $"page {page:x} can be had from {vma.Source?.Name ?? "memory"}");
        if (isDirty) pages[page] |= (ulong)PageState.Dirty;
    }

    List<PresentRun> PresentRuns()
    {
        var runs = new List<PresentRun>();
        for (long page = NextPresent(0, PageCount); page >= 0; page = NextPresent((uint)page + 1, PageCount))
        {
            ulong entry = pages[page];
            if ((entry & (ulong)PageState.Private) != 0) continue;
            bool isDirty = (entry & (ulong)PageState.Dirty) != 0;
            if (runs.Count > 0 && runs[^1] is var last && last.First + last.Count == page && last.IsDirty == isDirty) runs[^1] = last with { Count = last.Count + 1 };
            else runs.Add(new PresentRun((uint)page, 1, isDirty));
        }
        return runs;
    }
}
