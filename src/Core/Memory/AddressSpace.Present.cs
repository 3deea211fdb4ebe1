using System.Numerics;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Memory;

/// <content>State: which pages are there that are not the space's own. An image has no contents of them, but what a process has in memory is for it to see.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>When files and shared memory are filled.</summary>
    const int SourcesAreFilled = 10;

    /// <summary>Groups of pages in which some were not the space's own at the last checkpoint.</summary>
    bool[]? foreign;

    /// <param name="IsWritable">The page of a shared region may be written without another word: its file was told of the first write.</param>
    readonly record struct PresentRun(uint First, uint Count, bool IsDirty, bool IsWritable);

    void VisitPresent(StateVisitor visitor)
    {
        var runs = visitor.List<PresentRun>("present", visitor.IsReading ? [] : PresentRuns(), PageCount, static (v, run) => new PresentRun(v.Uint("first", run.First, UserEnd >> 12), v.Uint("count", run.Count, UserEnd >> 12), v.Flag("dirty", run.IsDirty), v.Flag("writable", run.IsWritable)));
        long most = visitor.Number("resident-most", ResidentMost, 0, PageCount);
        ulong mappedMost = visitor.Word("mapped-most", MappedMost);
        if (!visitor.IsReading) return;
        visitor.Later(SourcesAreFilled, () =>
        {
            foreach (var run in runs)
                for (uint page = run.First; page - run.First < run.Count; page++) FetchPresent(visitor, page, run);
            ResidentMost = Math.Max(most, ResidentPages);
            MappedMost = Math.Max(mappedMost, MappedBytes);
        });
    }

    void FetchPresent(StateVisitor visitor, uint page, in PresentRun run)
    {
        visitor.Require(page < UserEnd >> 12 && FindRegion(page << 12) is not null && pages[page] == 0, "a page that is there lies in a region, and once");
        var vma = FindRegion(page << 12)!;
        visitor.Require(TryFaultIn(vma, page) == FaultKind.None, $"page {page:x} can be had from {vma.Source?.Name ?? "memory"}");
        if (run.IsDirty) pages[page] |= (ulong)PageState.Dirty;
        if (!run.IsWritable) return;
        visitor.Require((vma.Flags & (VmFlags.Shared | VmFlags.Write)) == (VmFlags.Shared | VmFlags.Write), "a page that may be written lies in a shared region that may be");
        pages[page] |= (ulong)PageState.Told;
    }

    /// <summary>Remembers, for each group that has changed since the last checkpoint, whether it has pages that are not the space's own.</summary>
    void FindForeign()
    {
        bool isFirst = foreign == null;
        foreign ??= new bool[PageCount >> GroupShift];
        for (uint group = 0; group < foreign.Length; group++)
        {
            if (!isFirst && !HasChanged(group)) continue;
            // Where there were none, one of those that changed has to be one.
            foreign[group] = groupPresent[group] != 0 && (isFirst || foreign[group] ? HasForeign(group, null) : HasForeign(group, changed));
        }
    }

    bool MayHaveForeign(uint group) => foreign == null || foreign[group] || HasChanged(group);

    bool HasChanged(uint group) => changed == null || changed.AsSpan((int)(group << (GroupShift - 6)), 1 << (GroupShift - 6)).ContainsAnyExcept(0ul);

    bool HasForeign(uint group, ulong[]? among)
    {
        uint first = group << GroupShift;
        for (uint word = 0; word < 1 << (GroupShift - 6); word++)
        {
            for (ulong bits = among == null ? ulong.MaxValue : among[(first >> 6) + word]; bits != 0; bits &= bits - 1)
            {
                ulong entry = pages[first + (word << 6) + (uint)BitOperations.TrailingZeroCount(bits)];
                if ((entry & (ulong)(PageState.Present | PageState.Private)) == (ulong)PageState.Present) return true;
            }
        }
        return false;
    }

    List<PresentRun> PresentRuns()
    {
        var runs = new List<PresentRun>();
        for (uint group = 0; group < PageCount >> GroupShift; group++)
        {
            if (groupPresent[group] == 0 || !MayHaveForeign(group)) continue;
            ulong* entries = pages + (group << GroupShift);
            for (uint i = 0; i < 1 << GroupShift; i++)
            {
                ulong entry = entries[i];
                if ((entry & (ulong)(PageState.Present | PageState.Private)) != (ulong)PageState.Present) continue;
                uint page = (group << GroupShift) + i;
                var run = new PresentRun(page, 1, (entry & (ulong)PageState.Dirty) != 0, (entry & (ulong)PageState.Told) != 0);
                if (runs.Count > 0 && runs[^1] is var last && last with { First = page, Count = 1 } == run && last.First + last.Count == page) runs[^1] = last with { Count = last.Count + 1 };
                else runs.Add(run);
            }
        }
        return runs;
    }
}
