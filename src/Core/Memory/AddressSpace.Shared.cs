namespace CheckpointRestart.Core.Memory;

/// <content>Pages of files and shared memory, which several spaces may map: a checkpoint shares them too, until one of them writes.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>The next write to each page of shared regions takes the slow path. What their sources were told stays so.</summary>
    internal void ProtectShared()
    {
        foreach (var vma in regions)
        {
            if (!vma.IsShared || (vma.Flags & VmFlags.Write) == 0) continue;
            uint first = vma.Start >> 12, end = vma.End >> 12;
            for (long page = NextPresent(first, end); page >= 0; page = NextPresent((uint)page + 1, end)) writeTable[page] = 0;
            Window?.DropWrites(first, end);
        }
    }

    /// <summary>How many pages here are a frame that a source has as page <paramref name="index"/>.</summary>
    internal int CountMapped(uint index, Frame frame)
    {
        int count = 0;
        foreach (var vma in regions)
            if (TryFind(vma, index, frame, out _)) count++;
        return count;
    }

    /// <summary>Puts another frame in the place of one that a source had as page <paramref name="index"/>.</summary>
    internal void MoveMapped(uint index, Frame old, Frame fresh)
    {
        foreach (var vma in regions)
        {
            if (!TryFind(vma, index, old, out uint page)) continue;
            var state = (PageState)(pages[page] & FlagMask);
            FrameStore.AddReference(fresh);
            ForgetPage(page);
            SetPage(page, fresh, state);
            FrameStore.Release(old);
        }
    }

    bool TryFind(Vma vma, uint index, Frame frame, out uint page)
    {
        page = 0;
        if (vma.Source == null || index < vma.PageOffset || index - vma.PageOffset >= vma.Length >> 12) return false;
        page = (vma.Start >> 12) + (index - vma.PageOffset);
        return GetFrame(page) == frame;
    }
}
