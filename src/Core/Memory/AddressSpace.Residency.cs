namespace CheckpointRestart.Core.Memory;

/// <content>Bringing pages in before they are needed, and taking them from who has to die.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>True once the out-of-memory killer took the private pages: nothing comes back in their place.</summary>
    public bool IsReaped { get; private set; }

    /// <summary>Brings in the pages of a range.</summary>
    /// <param name="start">Page aligned.</param>
    /// <param name="end">Page aligned.</param>
    /// <param name="write">Makes each page writable; null where its region is private and writable, as mlock(2) and MAP_POPULATE do.</param>
    /// <returns>None; NotMapped at a hole, Protection, PastEnd or OutOfMemory: what lies before is there.</returns>
    public FaultKind Populate(uint start, uint end, bool? write)
    {
        for (uint at = start; at < end;)
        {
            var vma = FindRegion(at);
            if (vma == null) return FaultKind.NotMapped;
            bool writes = write ?? (vma.Flags & (VmFlags.Write | VmFlags.Shared)) == VmFlags.Write;
            if ((vma.Flags & (writes ? VmFlags.Write : VmFlags.Protection)) == 0) return FaultKind.Protection;
            uint last = Math.Min(end, vma.End);
            for (; at < last; at += 4096)
            {
                uint page = at >> 12;
                if (pages[page] != 0 && (!writes || writeTable[page] != 0)) continue;
                var kind = writes ? MakeWritable(vma, page) : FaultIn(vma, page);
                RequireNotLost(kind);
                if (kind != FaultKind.None) return kind;
            }
        }
        return FaultKind.None;
    }

    /// <summary>Frees all private pages of a space whose tasks are about to die (Linux: __oom_reap_task_mm).</summary>
    /// <returns>How many pages went.</returns>
    public long Reap()
    {
        long before = ResidentPages;
        IsReaped = true;
        foreach (var vma in regions)
            if (!vma.IsShared) ReleasePages(vma.Start, vma.End);
        return before - ResidentPages;
    }

    /// <summary>Bytes of locked regions between two addresses.</summary>
    public ulong LockedIn(uint start, uint end)
    {
        ulong sum = 0;
        for (int index = IndexAtOrAfter(start); index < regions.Count && regions[index].Start < end; index++)
            if ((regions[index].Flags & VmFlags.Locked) != 0) sum += Math.Min(end, regions[index].End) - Math.Max(start, regions[index].Start);
        return sum;
    }

    /// <summary>Bytes of locked regions.</summary>
    public ulong LockedBytes => LockedIn(0, UserEnd);
}
