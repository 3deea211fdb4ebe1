using System.Runtime.CompilerServices;

namespace CheckpointRestart.Core.Memory;

/// <content>The slow path: what a missing table entry means, demand paging, copy-on-write, growing stacks.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Why the last slow access failed.</summary>
    public PageFault LastFault { get; private set; }

    /// <summary>What was wrong with the page of the last access that failed with <see cref="FaultKind.Lost"/>.</summary>
    internal LostPagesException? Loss { get; private set; }

    /// <summary>Makes the page of <paramref name="address"/> readable if the guest may read it.</summary>
    /// <returns>Host minus guest address, or 0 with <see cref="LastFault"/> set.</returns>
    public long ResolveRead(uint address)
    {
        uint page = address >> 12;
        var vma = RegionFor(address);
        if (vma == null) return Fail(address, AccessKind.Read, FaultKind.NotMapped);
        if ((vma.Flags & VmFlags.Protection) == 0) return Fail(address, AccessKind.Read, FaultKind.Protection);
        if (pages[page] == 0)
        {
            var kind = FaultIn(vma, page);
            if (kind != FaultKind.None) return Fail(address, AccessKind.Read, kind);
        }
        if (PendingFrames.Any && !TryFill(GetFrame(page))) return Fail(address, AccessKind.Read, FaultKind.Lost);
        return readTable[page] = Distance(page);
    }

    /// <summary>Makes the page of <paramref name="address"/> writable if the guest may write it; breaks copy-on-write and drops decoded code.</summary>
    /// <returns>Host minus guest address, or 0 with <see cref="LastFault"/> set.</returns>
    public long ResolveWrite(uint address)
    {
        var vma = RegionFor(address);
        if (vma == null) return Fail(address, AccessKind.Write, FaultKind.NotMapped);
        if ((vma.Flags & VmFlags.Write) == 0)
            return Fail(address, AccessKind.Write, FaultKind.Protection, pages[address >> 12] != 0 && (vma.Flags & VmFlags.Protection) != 0);
        var kind = MakeWritable(vma, address >> 12);
        return kind == FaultKind.None ? Distance(address >> 12) : Fail(address, AccessKind.Write, kind);
    }

    /// <summary>Finds the bytes of the page of <paramref name="address"/> for instruction fetch. Without the right to execute it fails
    /// on a processor with NX, without any right on every one.</summary>
    /// <returns>Host minus guest address, or 0 with <see cref="LastFault"/> set.</returns>
    public long ResolveFetch(uint address)
    {
        uint page = address >> 12;
        var vma = RegionFor(address);
        if (vma == null) return Fail(address, AccessKind.Fetch, FaultKind.NotMapped);
        if ((vma.Flags & VmFlags.Protection) == 0) return Fail(address, AccessKind.Fetch, FaultKind.Protection);
        // What may be read is brought in first, as for a read; only then NX counts.
        if (pages[page] == 0)
        {
            var kind = FaultIn(vma, page);
            if (kind != FaultKind.None) return Fail(address, AccessKind.Fetch, kind);
        }
        if (HasNoExecute && (vma.Flags & VmFlags.Exec) == 0) return Fail(address, AccessKind.Fetch, FaultKind.Protection, isPresent: true);
        if (PendingFrames.Any && !TryFill(GetFrame(page))) return Fail(address, AccessKind.Fetch, FaultKind.Lost);
        return Distance(page);
    }

    /// <summary>Marks a present page as holding decoded code, so that <see cref="CodeObserver"/> hears of the next write.</summary>
    public void MarkCode(uint page)
    {
        if (pages[page] == 0) return;
        pages[page] |= (ulong)PageState.Code;
        ForgetWrite(page);
    }

    /// <summary>Forgets which pages were written; each page's next write is noted again.</summary>
    public void ClearDirty()
    {
        for (long page = NextPresent(0, UserEnd >> 12); page >= 0; page = NextPresent((uint)page + 1, UserEnd >> 12))
        {
            pages[page] &= ~(ulong)PageState.Dirty;
            NoteChange((uint)page);
            ForgetWrite((uint)page);
        }
    }

    long Distance(uint page) => (long)(pages[page] & ~FlagMask) - ((long)page << 12);

    /// <summary>Sees to it that a frame's bytes are there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    bool TryFill(Frame frame)
    {
        try
        {
            PendingFrames.Fill(frame);
            return true;
        }
        catch (LostPagesException lost)
        {
            Loss = lost;
            return false;
        }
    }

    long Fail(uint address, AccessKind access, FaultKind kind, bool isPresent = false)
    {
        LastFault = new PageFault(address, access, kind, isPresent);
        return 0;
    }

    /// <summary>The region of an address; a region above that grows down is grown to reach it.</summary>
    Vma? RegionFor(uint address)
    {
        int index = IndexAtOrAfter(address);
        if (index == regions.Count) return null;
        var vma = regions[index];
        if (vma.Start <= address) return vma;
        if ((vma.Flags & VmFlags.GrowsDown) == 0) return null;
        uint start = address & ~0xFFFu;
        if (start < MinimumAddress || vma.End - start > StackLimit) return null;
        if (index > 0 && regions[index - 1] is var below && (ulong)below.End + GapAbove(below) > start) return null;
        if (MappedBytes + (vma.Start - start) > SizeLimit) return null;
        MappedBytes += vma.Start - start;
        if (vma.Source != null) vma.PageOffset -= (vma.Start - start) >> 12;
        vma.Start = start;
        return vma;
    }

    /// <summary>Bytes that a stack above keeps free: none above another stack or memory that nobody may touch (expand_downwards).</summary>
    static uint GapAbove(Vma below) => (below.Flags & VmFlags.GrowsDown) != 0 || (below.Flags & VmFlags.Protection) == 0 ? 0 : GuardGap;

    FaultKind FaultIn(Vma vma, uint page)
    {
        FaultKind kind;
        do kind = TryFaultIn(vma, page);
        while (kind == FaultKind.OutOfMemory && Account.Exhausted?.Invoke(this) == true);
        return kind;
    }

    FaultKind MakeWritable(Vma vma, uint page)
    {
        FaultKind kind;
        do kind = TryMakeWritable(vma, page);
        while (kind == FaultKind.OutOfMemory && Account.Exhausted?.Invoke(this) == true);
        return kind;
    }

    FaultKind TryFaultIn(Vma vma, uint page)
    {
        if (IsReaped) return FaultKind.PastEnd;
        if (vma.Source == null)
        {
            // The page of zeros costs nothing, the table that it stands in does.
            if (groupPresent[page >> GroupShift] == 0 && Account.IsExhausted) return FaultKind.OutOfMemory;
            SetPage(page, FrameStore.Zero, PageState.Present);
            return FaultKind.None;
        }
        var frame = vma.Source.GetPage(vma.SourceIndex(page));
        if (frame.IsNone) return Account.IsExhausted ? FaultKind.OutOfMemory : FaultKind.PastEnd;
        FrameStore.AddReference(frame);
        SetPage(page, frame, PageState.Present);
        return FaultKind.None;
    }

    FaultKind TryMakeWritable(Vma vma, uint page)
    {
        if (IsReaped) return FaultKind.PastEnd;
        ulong entry = pages[page];
        if ((entry & (ulong)PageState.Code) != 0)
        {
            CodeObserver?.CodeChanged(page);
            entry = pages[page] &= ~(ulong)PageState.Code;
        }
        if (vma.IsShared)
        {
            if (entry == 0)
            {
                var kind = TryFaultIn(vma, page);
                if (kind != FaultKind.None) return kind;
            }
            if (PendingFrames.Any && !TryFill(GetFrame(page))) return FaultKind.Lost;
            uint index = vma.SourceIndex(page);
            if ((pages[page] & (ulong)PageState.Told) == 0) vma.Source!.PageWritten(index);
            if (!vma.Source!.TryOwn(index)) return FaultKind.OutOfMemory;
        }
        else
        {
            var old = new Frame((byte*)(entry & ~FlagMask));
            if (PendingFrames.Any && !old.IsNone && !TryFill(old)) return FaultKind.Lost;
            if ((entry & (ulong)PageState.Private) == 0 || FrameStore.ReferenceCount(old) != 1)
            {
                var kind = CopyPage(vma, page, old);
                if (kind != FaultKind.None) return kind;
            }
            else if ((entry & (ulong)PageState.Inherited) != 0)
            {
                pages[page] &= ~(ulong)PageState.Inherited;
                OwnPages++;
            }
        }
        NoteChange(page);
        pages[page] |= (ulong)PageState.Dirty;
        long distance = Distance(page);
        if (readTable[page] != distance) ForgetPage(page);
        if (vma.IsShared) pages[page] |= (ulong)PageState.Told;
        writeTable[page] = readTable[page] = distance;
        return FaultKind.None;
    }

    FaultKind CopyPage(Vma vma, uint page, Frame old)
    {
        bool clear = old == FrameStore.Zero || (old.IsNone && vma.Source == null);
        if (old.IsNone && vma.Source != null)
        {
            var kind = TryFaultIn(vma, page);
            if (kind != FaultKind.None) return kind;
            old = GetFrame(page);
            if (PendingFrames.Any && !TryFill(old)) return FaultKind.Lost;
        }
        var fresh = FrameStore.Allocate(Account, zeroed: clear);
        if (fresh.IsNone) return FaultKind.OutOfMemory;
        if (!clear) old.Bytes.CopyTo(fresh.Bytes);
        SetPage(page, fresh, PageState.Present | PageState.Private);
        if (!old.IsNone) FrameStore.Release(old);
        return FaultKind.None;
    }
}
