namespace CheckpointRestart.Core.Memory;

/// <content>mmap(2), munmap(2), mprotect(2), madvise(2), brk(2): regions come, go, split and merge.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Maps a region.</summary>
    /// <param name="address">Wanted address: exact when <paramref name="isFixed"/>, else a hint; 0 for none.</param>
    /// <param name="length">Bytes, rounded up to pages.</param>
    /// <param name="flags">VM_* flags of the new region.</param>
    /// <param name="isFixed">Replace what is there (MAP_FIXED).</param>
    /// <param name="source">File or shared memory; null for private anonymous memory.</param>
    /// <param name="pageOffset">Where in the source, in pages.</param>
    /// <param name="mapped">The address chosen.</param>
    /// <param name="name">A kernel name for the region.</param>
    /// <returns>None; EINVAL for a length of 0 or a misaligned fixed address; ENOMEM without room or beyond a limit.</returns>
    public Errno Map(uint address, uint length, VmFlags flags, bool isFixed, IPageSource? source, uint pageOffset, out uint mapped, string? name = null)
    {
        mapped = 0;
        if (length == 0) return Errno.EINVAL;
        if (length > UserEnd) return Errno.ENOMEM;
        length = (length + 0xFFF) & ~0xFFFu;
        if (isFixed)
        {
            if ((address & 0xFFF) != 0) return Errno.EINVAL;
            if (address > UserEnd - length) return Errno.ENOMEM;
            if (address < MinimumAddress) return Errno.EPERM;
            mapped = address;
        }
        else if (!ChooseAddress(address, length, out mapped))
        {
            return Errno.ENOMEM;
        }
        if (regions.Count >= MaximumRegions) return Errno.ENOMEM;
        ulong replaced = isFixed ? MappedIn(mapped, mapped + length) : 0;
        if (MappedBytes - replaced + length > SizeLimit || ExceedsData(flags, length, mapped, replaced)) return Errno.ENOMEM;
        if (replaced != 0) RemoveRange(mapped, mapped + length);
        source?.Attach();
        var vma = new Vma(mapped, mapped + length, flags | FutureFlags, source, pageOffset, name) { Advice = FutureAdvice };
        int index = IndexAtOrAfter(mapped);
        SearchAgainAbove(mapped + length);
        regions.Insert(index, vma);
        MappedBytes += length;
        MergeAround(index);
        return Errno.None;
    }

    /// <summary>Unmaps all pages of a range.</summary>
    /// <returns>None; EINVAL when misaligned, empty or outside user memory; ENOMEM when a split would exceed the number of regions.</returns>
    public Errno Unmap(uint address, uint length)
    {
        if ((address & 0xFFF) != 0 || length == 0 || address > UserEnd || length > UserEnd - address) return Errno.EINVAL;
        uint end = address + ((length + 0xFFF) & ~0xFFFu);
        var vma = FindRegion(address);
        if (vma != null && vma.Start < address && vma.End > end && regions.Count >= MaximumRegions) return Errno.ENOMEM;
        RemoveRange(address, end);
        return Errno.None;
    }

    /// <summary>Changes the protection of a range.</summary>
    /// <param name="address">Page aligned.</param>
    /// <param name="length">Bytes, rounded up.</param>
    /// <param name="protection">Any of Read, Write, Exec.</param>
    /// <returns>None; EINVAL when misaligned; ENOMEM where part of the range is not mapped (what lies before it is changed); EACCES when the
    /// region may not have it.</returns>
    public Errno Protect(uint address, uint length, VmFlags protection)
    {
        if ((address & 0xFFF) != 0) return Errno.EINVAL;
        if (length == 0) return Errno.None;
        ulong last = (ulong)address + ((length + 0xFFFul) & ~0xFFFul);
        if (last > UserEnd) return Errno.ENOMEM;
        uint end = (uint)last;
        protection &= VmFlags.Protection;
        int index = IndexAtOrAfter(address);
        for (uint at = address; at < end; index++)
        {
            if (index >= regions.Count || regions[index].Start > at) return Errno.ENOMEM;
            var vma = regions[index];
            if (((uint)protection & ~((uint)vma.Flags >> 4)) != 0) return Errno.EACCES;
            if (vma.Start < at)
            {
                if (regions.Count >= MaximumRegions) return Errno.ENOMEM;
                Split(index++, at);
                vma = regions[index];
            }
            if (vma.End > end)
            {
                if (regions.Count >= MaximumRegions) return Errno.ENOMEM;
                Split(index, end);
            }
            vma.Flags = (vma.Flags & ~VmFlags.Protection) | protection;
            ForgetRights(vma.Start, vma.End, dropCode: (protection & VmFlags.Exec) == 0);
            index = MergeAround(index);
            at = regions[index].End;
        }
        return Errno.None;
    }

    /// <summary>Drops the pages of a range; the regions stay (MADV_DONTNEED).</summary>
    public void Discard(uint address, uint end) => ReleasePages(address, end);

    /// <summary>Sets and clears flags of all regions of a range, splitting at its ends (madvise, mlock).</summary>
    /// <returns>None, or ENOMEM where part of the range is not mapped.</returns>
    public Errno ChangeFlags(uint address, uint end, VmFlags set, VmFlags clear, VmAdvice setAdvice = 0, VmAdvice clearAdvice = 0)
    {
        int index = IndexAtOrAfter(address);
        for (uint at = address; at < end; index++)
        {
            if (index >= regions.Count || regions[index].Start > at) return Errno.ENOMEM;
            var there = regions[index];
            var (flags, advice) = ((there.Flags & ~clear) | set, (there.Advice & ~clearAdvice) | setAdvice);
            if (flags == there.Flags && advice == there.Advice)
            {
                at = there.End;
                continue;
            }
            if ((there.Start < at || there.End > end) && regions.Count + 1 >= MaximumRegions) return Errno.ENOMEM;
            if (there.Start < at) Split(index++, at);
            var vma = regions[index];
            if (vma.End > end) Split(index, end);
            (vma.Flags, vma.Advice) = (flags, advice);
            index = MergeAround(index);
            at = regions[index].End;
        }
        return Errno.None;
    }

    /// <summary>Moves the program break (brk(2)).</summary>
    /// <returns>The break after the call: unchanged when it could not be moved.</returns>
    public uint SetBreak(uint wanted, ulong dataLimit)
    {
        if (wanted < Layout.StartBrk || wanted >= UserEnd) return Layout.Brk;
        if (wanted - Layout.StartBrk + (ulong)(Layout.EndData - Layout.StartData) > dataLimit) return Layout.Brk;
        uint oldEnd = (Layout.Brk + 0xFFF) & ~0xFFFu, newEnd = (wanted + 0xFFF) & ~0xFFFu;
        if (newEnd < oldEnd)
        {
            RemoveRange(newEnd, oldEnd);
        }
        else if (newEnd > oldEnd)
        {
            int next = IndexAtOrAfter(oldEnd);
            if (next < regions.Count && StartWithGap(regions[next]) < newEnd + 4096ul) return Layout.Brk;
            var flags = VmFlags.Read | VmFlags.Write | VmFlags.May | VmFlags.Account | BreakFlags;
            if (Map(oldEnd, newEnd - oldEnd, flags, isFixed: true, null, 0, out _) != Errno.None) return Layout.Brk;
        }
        return Layout.Brk = wanted;
    }

    /// <summary>Further flags of the heap: Exec for programs without a PT_GNU_STACK header.</summary>
    public VmFlags BreakFlags { get; set; }

    /// <summary>Removes every region.</summary>
    public void UnmapAll() => RemoveRange(0, UserEnd);

    /// <summary>Finds room for <paramref name="length"/> bytes: at the hint if it is free, else from <see cref="MmapBase"/> downwards, else upwards.</summary>
    public bool ChooseAddress(uint hint, uint length, out uint chosen)
    {
        chosen = (hint + 0xFFF) & ~0xFFFu;
        if (hint != 0 && chosen >= MinimumAddress && chosen <= UserEnd - length && IsFree(chosen, chosen + length)) return true;
        uint top = MmapBase;
        if (searched.Base == top && searched.Length <= length) top = searched.Top;
        for (int index = IndexAtOrAfter(top - 1); ; index--)
        {
            uint ceiling = index < regions.Count ? Math.Min(top, StartWithGap(regions[index])) : top;
            uint floor = index > 0 ? regions[index - 1].End : MinimumAddress;
            if (ceiling >= floor && ceiling - floor >= length)
            {
                chosen = ceiling - length;
                searched = (MmapBase, ceiling, length);
                return true;
            }
            if (index == 0) break;
            top = Math.Min(top, regions[index - 1].Start);
        }
        uint bottom = UserEnd / 3 & ~0xFFFu;
        for (int index = IndexAtOrAfter(bottom); ; index++)
        {
            uint floor = index > 0 ? Math.Max(bottom, regions[index - 1].End) : bottom;
            uint ceiling = index < regions.Count ? StartWithGap(regions[index]) : UserEnd;
            if (ceiling >= floor && ceiling - floor >= length)
            {
                chosen = floor;
                return true;
            }
            if (index >= regions.Count) return false;
        }
    }

    /// <summary>From the base down to the top no gap has that length: the next search may begin there.</summary>
    (uint Base, uint Top, uint Length) searched;

    /// <summary>A region above the top ends that: one that goes, and also one that comes, since a region within the guard of a stack ends the guard's gap.</summary>
    void SearchAgainAbove(uint end)
    {
        if (end > searched.Top) searched = default;
    }

    /// <summary>Private writable memory that is no stack counts as data (is_data_mapping).</summary>
    bool ExceedsData(VmFlags flags, uint length, uint start, ulong replaced)
    {
        const VmFlags kind = VmFlags.Write | VmFlags.Shared | VmFlags.GrowsDown;
        if (DataLimit == ulong.MaxValue || (flags & kind) != VmFlags.Write) return false;
        ulong sum = length;
        foreach (var vma in regions)
            if ((vma.Flags & kind) == VmFlags.Write) sum += vma.Length;
        if (replaced != 0)
        {
            for (int index = IndexAtOrAfter(start); index < regions.Count && regions[index].Start < start + length; index++)
                if ((regions[index].Flags & kind) == VmFlags.Write) sum -= Math.Min(start + length, regions[index].End) - Math.Max(start, regions[index].Start);
        }
        return sum > DataLimit;
    }

    static uint StartWithGap(Vma vma) => (vma.Flags & VmFlags.GrowsDown) == 0 ? vma.Start : vma.Start > GuardGap ? vma.Start - GuardGap : 0;

    bool IsFree(uint start, uint end)
    {
        int index = IndexAtOrAfter(start);
        return index == regions.Count || StartWithGap(regions[index]) >= end;
    }

    /// <summary>Whether any region has a byte of <c>[start, end)</c>.</summary>
    public bool AnyRegionIn(uint start, uint end)
    {
        int index = IndexAtOrAfter(start);
        return index < regions.Count && regions[index].Start < end;
    }

    ulong MappedIn(uint start, uint end)
    {
        ulong sum = 0;
        for (int index = IndexAtOrAfter(start); index < regions.Count && regions[index].Start < end; index++)
            sum += Math.Min(end, regions[index].End) - Math.Max(start, regions[index].Start);
        return sum;
    }

    void RemoveRange(uint start, uint end)
    {
        int index = IndexAtOrAfter(start);
        if (index < regions.Count && regions[index].Start < start) Split(index++, start);
        int first = index;
        while (index < regions.Count && regions[index].Start < end)
        {
            if (regions[index].End > end) Split(index, end);
            var vma = regions[index++];
            ReleasePages(vma.Start, vma.End);
            MappedBytes -= vma.Length;
            vma.Source?.Detach();
        }
        if (index > first) SearchAgainAbove(end);
        regions.RemoveRange(first, index - first);
    }

    void ReleasePages(uint start, uint end)
    {
        for (long page = NextPresent(start >> 12, end >> 12); page >= 0; page = NextPresent((uint)page + 1, end >> 12))
            FrameStore.Release(ClearPage((uint)page));
    }

    void ForgetRights(uint start, uint end, bool dropCode)
    {
        for (long at = NextPresent(start >> 12, end >> 12); at >= 0; at = NextPresent((uint)at + 1, end >> 12))
        {
            ForgetPage((uint)at);
            if (!dropCode || (pages[at] & (ulong)PageState.Code) == 0) continue;
            CodeObserver?.CodeChanged((uint)at);
            pages[at] &= ~(ulong)PageState.Code;
        }
    }

    void Split(int index, uint at)
    {
        var low = regions[index];
        var high = new Vma(at, low.End, low.Flags, low.Source, low.PageOffset + ((at - low.Start) >> 12), low.Name) { Advice = low.Advice };
        if (low.Source == null) high.PageOffset = 0;
        low.End = at;
        low.Source?.Attach();
        regions.Insert(index + 1, high);
    }

    /// <summary>Joins the region with its neighbours where Linux would.</summary>
    /// <returns>The region's index afterwards.</returns>
    int MergeAround(int index)
    {
        if (index + 1 < regions.Count && CanMerge(regions[index], regions[index + 1])) Join(index);
        if (index > 0 && CanMerge(regions[index - 1], regions[index])) Join(--index);
        return index;
    }

    void Join(int index)
    {
        regions[index].End = regions[index + 1].End;
        regions[index + 1].Source?.Detach();
        regions.RemoveAt(index + 1);
    }

    static bool CanMerge(Vma low, Vma high) =>
        low.End == high.Start && low.Flags == high.Flags && ReferenceEquals(low.Source, high.Source) && low.Name == high.Name
        && low.Advice == high.Advice && (low.Flags & (VmFlags.IO | VmFlags.PfnMap | VmFlags.DontExpand)) == 0
        && (low.Source == null || low.PageOffset + (low.Length >> 12) == high.PageOffset);
}
