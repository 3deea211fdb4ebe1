using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Memory;

/// <content>State: regions and private pages. What is behind a region and unchanged is its source's.</content>
public sealed unsafe partial class AddressSpace : IStateObject, IStatePages
{
    const PageState Carried = PageState.Private | PageState.Dirty | PageState.Inherited;

    string IStateObject.StateKind => "memory";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitLayout(visitor);
        SizeLimit = visitor.Word("size-limit", SizeLimit);
        StackLimit = visitor.Uint("stack-limit", StackLimit);
        DataLimit = visitor.Word("data-limit", DataLimit);
        MmapBase = visitor.Uint("mmap-base", MmapBase);
        BreakFlags = visitor.Enum("break-flags", BreakFlags);
        FutureFlags = visitor.Enum("future-flags", FutureFlags);
        FutureAdvice = visitor.Enum("future-advice", FutureAdvice);
        IsReaped = visitor.Flag("reaped", IsReaped);
        Program = visitor.Ref("program", Program);
        int users = visitor.Int("users", Users, 1);
        var read = visitor.List<Vma>("regions", regions, MaximumRegions, VisitRegion);
        if (visitor.IsReading)
        {
            Users = 0;
            visitor.Later(100, () => visitor.Require(Users == users, "an address space has as many users as it says"));
            foreach (var vma in read) Enter(visitor, vma);
        }
        visitor.Pages("pages", this);
        VisitPresent(visitor);
    }

    void VisitLayout(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("layout", true)) return;
        Layout.StartCode = visitor.Uint("start-code", Layout.StartCode);
        Layout.EndCode = visitor.Uint("end-code", Layout.EndCode);
        Layout.StartData = visitor.Uint("start-data", Layout.StartData);
        Layout.EndData = visitor.Uint("end-data", Layout.EndData);
        Layout.StartBrk = visitor.Uint("start-brk", Layout.StartBrk);
        Layout.Brk = visitor.Uint("brk", Layout.Brk);
        Layout.StartStack = visitor.Uint("start-stack", Layout.StartStack);
        Layout.ArgStart = visitor.Uint("arg-start", Layout.ArgStart);
        Layout.ArgEnd = visitor.Uint("arg-end", Layout.ArgEnd);
        Layout.EnvStart = visitor.Uint("env-start", Layout.EnvStart);
        Layout.EnvEnd = visitor.Uint("env-end", Layout.EnvEnd);
        visitor.EndStructure();
    }

    static Vma VisitRegion(StateVisitor visitor, Vma? vma)
    {
        uint start = visitor.Uint("start", vma?.Start ?? 0, UserEnd), end = visitor.Uint("end", vma?.End ?? 0, UserEnd);
        var flags = visitor.Enum("flags", vma?.Flags ?? 0);
        var advice = visitor.Enum("advice", vma?.Advice ?? 0);
        var source = visitor.Ref("source", vma?.Source);
        uint offset = visitor.Uint("offset", vma?.PageOffset ?? 0);
        string? name = visitor.Text("name", vma?.Name);
        return vma ?? new Vma(start, end, flags, source, offset, name) { Advice = advice };
    }

    void Enter(StateVisitor visitor, Vma vma)
    {
        visitor.Require(vma.Start >= MinimumAddress && vma.Start < vma.End && ((vma.Start | vma.End) & 0xFFF) == 0, "a region has pages, below 3 GiB");
        visitor.Require(regions.Count == 0 || regions[^1].End <= vma.Start, "regions ascend and do not overlap");
        visitor.Require(vma.Source != null || !vma.IsShared, "a shared region has a source");
        visitor.Require((vma.Flags & (VmFlags.IO | VmFlags.HugeTlb | VmFlags.NonLinear)) == 0, "a region is of memory or a file");
        visitor.Require((long)vma.PageOffset + (vma.Length >> 12) <= 1L << 32, "a region's pages have numbers of 32 bits");
        vma.Source?.Attach();
        regions.Add(vma);
        MappedBytes += vma.Length;
    }

    int IStatePages.PageCount => (int)PrivatePages;

    void IStatePages.Give(StatePageTaker take) => throw new InvalidOperationException("an address space gives its pages all at once");

    bool IStatePages.Accept(uint index, uint state, nint frame) => Accept(index, state, [frame]) == 1;
}

/// <content>State: private pages, many at once.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Takes frames for private pages that follow each other; their references go over to the space.</summary>
    /// <returns>How many it took: fewer than all where there can be no such page.</returns>
    internal int Accept(uint first, uint state, ReadOnlySpan<nint> frames)
    {
        if (((PageState)state & ~Carried) != 0 || ((PageState)state & PageState.Private) == 0) return 0;
        int taken = 0;
        while (taken < frames.Length)
        {
            uint page = first + (uint)taken;
            if (page < first || page >= UserEnd >> 12 || FindRegion(page << 12) is not { IsShared: false } vma) break;
            // No further than the region, and the group of pages that is counted together.
            uint end = Math.Min(Math.Min(vma.End >> 12, ((page >> GroupShift) + 1) << GroupShift), page + (uint)(frames.Length - taken));
            var entries = new Span<ulong>(pages + page, (int)(end - page));
            // Where there are none nothing needs to be looked at: memory that is read before it is written costs the host twice.
            int free = groupPresent[page >> GroupShift] == 0 ? -1 : entries.IndexOfAnyExcept(0ul);
            if (free >= 0) entries = entries[..free];
            Enter(page, entries, frames.Slice(taken, entries.Length), state | (uint)PageState.Present);
            taken += entries.Length;
            if (free >= 0) break;
        }
        return taken;
    }

    void Enter(uint first, Span<ulong> entries, ReadOnlySpan<nint> frames, uint state)
    {
        if (entries.IsEmpty) return;
        for (int i = 0; i < entries.Length; i++) entries[i] = (ulong)frames[i] | state;
        if (changed != null) for (int i = 0; i < entries.Length; i++) NoteChange(first + (uint)i);
        if (groupPresent[first >> GroupShift] == 0) Touch(first >> GroupShift);
        groupPresent[first >> GroupShift] += (ushort)entries.Length;
        if ((ResidentPages += entries.Length) > ResidentMost) ResidentMost = ResidentPages;
        PrivatePages += entries.Length;
        OwnPages += entries.Length * Owns(state);
    }
}

/// <content>State.</content>
public sealed partial class SharedMemory : IStateObject, IStatePages
{
    string IStateObject.StateKind => "shared-memory";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Uint("length", Pages);
        visitor.Pages("pages", this);
    }

    int IStatePages.PageCount => frames.Count;

    void IStatePages.Give(StatePageTaker take)
    {
        given.Give();
        foreach (uint index in frames.Keys.Order()) take(index, frames[index].Address, 0);
    }

    bool IStatePages.Accept(uint index, uint state, nint frame)
    {
        if (index >= Pages) return false;
        // A copy of its own: what is shared may be written at any time.
        if (frames.ContainsKey(index)) return false;
        var own = FrameStore.Duplicate(Frame.At(frame), account);
        if (own.IsNone) return false;
        frames.Add(index, own);
        FrameStore.Release(Frame.At(frame));
        return true;
    }
}
