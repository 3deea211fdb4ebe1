namespace CheckpointRestart.Core.Memory;

/// <content>Copies share every frame until one side writes: fork(2), and the snapshot that a checkpoint is written from.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Copies the address space. Private pages are shared copy-on-write; both sides lose their right to write at once.</summary>
    /// <param name="forFork">True leaves out regions marked VM_DONTCOPY.</param>
    public AddressSpace Clone(bool forFork)
    {
        // Both sides lose the right to write everywhere, and whoever forks often is better off without.
        if (forFork) DropWindow();
        var copy = new AddressSpace(Account)
        {
            Layout = Layout,
            SizeLimit = SizeLimit,
            StackLimit = StackLimit,
            MmapBase = MmapBase,
            BreakFlags = BreakFlags,
            DataLimit = DataLimit,
        };
        if (forFork && Program != null)
        {
            Program.HoldProgram();
            copy.Program = Program;
        }
        MayShare = copy.MayShare = true;
        foreach (var vma in regions)
        {
            if (forFork && (vma.Flags & VmFlags.DontCopy) != 0) continue;
            vma.Source?.Attach();
            // Locks are not inherited (dup_mmap).
            var flags = forFork ? vma.Flags & ~VmFlags.Locked : vma.Flags;
            var advice = forFork ? vma.Advice & ~VmAdvice.LockOnFault : vma.Advice;
            copy.regions.Add(new Vma(vma.Start, vma.End, flags, vma.Source, vma.PageOffset, vma.Name) { Advice = advice });
            copy.MappedBytes += vma.Length;
            if (!forFork || (vma.Advice & VmAdvice.WipeOnFork) == 0) CopyPages(copy, vma, forFork);
        }
        return copy;
    }

    void CopyPages(AddressSpace copy, Vma vma, bool forFork)
    {
        uint end = vma.End >> 12;
        for (long page = NextPresent(vma.Start >> 12, end); page >= 0; page = NextPresent((uint)page + 1, end))
        {
            var frame = GetFrame((uint)page);
            FrameStore.AddReference(frame);
            if (!vma.IsShared) ForgetWrite((uint)page);
            ulong state = pages[page] & FlagMask & ~(ulong)(PageState.Code | PageState.Told);
            if (forFork && (state & (ulong)PageState.Private) != 0) state |= (ulong)PageState.Inherited;
            copy.SetPage((uint)page, frame, (PageState)state);
        }
    }

    /// <summary>Holds on to the private pages of <c>[start, end)</c> as they are now; each is copied when it is next written.
    /// Pages that were never touched or only read are left out, and nothing is faulted in.</summary>
    public PageSnapshot SnapshotPrivatePages(uint start, uint end)
    {
        var numbers = new List<uint>();
        for (long page = NextPresent(start >> 12, end >> 12); page >= 0; page = NextPresent((uint)page + 1, end >> 12))
            if ((pages[page] & (ulong)PageState.Private) != 0) numbers.Add((uint)page);
        var frames = new Frame[numbers.Count];
        for (int index = 0; index < frames.Length; index++)
        {
            uint page = numbers[index];
            frames[index] = GetFrame(page);
            FrameStore.AddReference(frames[index]);
            ForgetWrite(page);
        }
        return new PageSnapshot([.. numbers], frames, Account);
    }

    /// <summary>Gives page <paramref name="page"/> the contents of an image: the page becomes private, whatever the region's protection is.</summary>
    /// <returns>The frame's 4096 bytes, which the caller writes all of before anybody runs; empty where there is no private region or no memory.</returns>
    public Span<byte> InstallPage(uint page)
    {
        var vma = FindRegion(page << 12);
        if (vma == null || vma.IsShared) return default;
        var frame = FrameStore.Allocate(Account, zeroed: false);
        if (frame.IsNone) return default;
        if (pages[page] != 0) FrameStore.Release(ClearPage(page));
        SetPage(page, frame, PageState.Present | PageState.Private | PageState.Dirty);
        return frame.Bytes;
    }
}
