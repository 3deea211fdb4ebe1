namespace CheckpointRestart.Core.Memory;

/// <summary>MREMAP_*.</summary>
[Flags]
public enum RemapFlags : uint
{
    None = 0,
    MayMove = 1,
    Fixed = 2,
    DontUnmap = 4,
}

/// <content>mremap(2): a region grows, shrinks or moves with its pages (Linux: mm/mremap.c).</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Resizes or moves a mapping.</summary>
    /// <param name="address">Old address.</param>
    /// <param name="oldLength">Old length in bytes; 0, for shared mappings only, makes a second mapping.</param>
    /// <param name="newLength">New length in bytes.</param>
    /// <param name="flags">How.</param>
    /// <param name="wanted">The new address with Fixed, a hint with DontUnmap.</param>
    /// <param name="result">Where the mapping is afterwards.</param>
    /// <returns>None; EINVAL, EFAULT (no such region, or it spans several), ENOMEM as mremap(2) has them.</returns>
    public Errno Remap(uint address, uint oldLength, uint newLength, RemapFlags flags, uint wanted, out uint result)
    {
        result = address;
        bool keeps = (flags & RemapFlags.DontUnmap) != 0, mayMove = (flags & RemapFlags.MayMove) != 0;
        if ((flags & ~(RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0) return Errno.EINVAL;
        if ((flags & (RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0 && !mayMove) return Errno.EINVAL;
        if (keeps && oldLength != newLength) return Errno.EINVAL;
        if ((address & 0xFFF) != 0) return Errno.EINVAL;
        ulong wideOld = (oldLength + 0xFFFul) & ~0xFFFul & uint.MaxValue, wideNew = (newLength + 0xFFFul) & ~0xFFFul & uint.MaxValue;
        (oldLength, newLength) = ((uint)wideOld, (uint)wideNew);
        if (newLength == 0) return Errno.EINVAL;
        var vma = FindRegion(address);
        if (vma == null) return Errno.EFAULT;
        if ((flags & (RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0) return RemapTo(address, oldLength, newLength, flags, wanted, out result);
        if (oldLength >= newLength)
        {
            return oldLength > newLength ? Unmap(address + newLength, oldLength - newLength) : Errno.None;
        }
        var error = CheckResize(vma, address, oldLength, newLength);
        if (error != Errno.None) return error;
        uint growth = newLength - oldLength;
        if (oldLength != 0 && vma.End == address + oldLength && (ulong)vma.End + growth <= UserEnd && IsFree(vma.End, vma.End + growth))
        {
            vma.End += growth;
            MappedBytes += growth;
            MergeAround(regions.IndexOf(vma));
            if ((vma.Flags & VmFlags.Locked) != 0) Populate(address + oldLength, address + newLength, null);
            return Errno.None;
        }
        return mayMove ? Move(vma, address, oldLength, oldLength, newLength, null, 0, keeps: false, out result) : Errno.ENOMEM;
    }

    Errno RemapTo(uint address, uint oldLength, uint newLength, RemapFlags flags, uint wanted, out uint result)
    {
        result = 0;
        if ((wanted & 0xFFF) != 0 || newLength > UserEnd || wanted > UserEnd - newLength) return Errno.EINVAL;
        if (address + (ulong)oldLength > wanted && wanted + (ulong)newLength > address) return Errno.EINVAL;
        if (regions.Count + 2 >= MaximumRegions - 3) return Errno.ENOMEM;
        bool isFixed = (flags & RemapFlags.Fixed) != 0;
        if (isFixed)
        {
            if (wanted < MinimumAddress) return Errno.EPERM;
            RemoveRange(wanted, wanted + newLength);
        }
        if (oldLength > newLength)
        {
            var cut = Unmap(address + newLength, oldLength - newLength);
            if (cut != Errno.None) return cut;
            oldLength = newLength;
        }
        var vma = FindRegion(address);
        if (vma == null) return Errno.EFAULT;
        bool keeps = (flags & RemapFlags.DontUnmap) != 0;
        var error = CheckResize(vma, address, oldLength, newLength);
        if (error != Errno.None) return error;
        if (keeps && (vma.Flags & (VmFlags.DontExpand | VmFlags.PfnMap)) != 0) return Errno.EINVAL;
        if (keeps && MappedBytes + oldLength > SizeLimit) return Errno.ENOMEM;
        return Move(vma, address, oldLength, oldLength, newLength, isFixed ? wanted : null, wanted, keeps, out result);
    }

    /// <summary>vma_to_resize.</summary>
    Errno CheckResize(Vma vma, uint address, uint oldLength, uint newLength)
    {
        if (oldLength == 0 && (vma.Flags & (VmFlags.Shared | VmFlags.MayShare)) == 0) return Errno.EINVAL;
        if (oldLength > vma.End - address) return Errno.EFAULT;
        if (newLength == oldLength) return Errno.None;
        if (vma.Source != null && vma.PageOffset + ((address - vma.Start) >> 12) + (ulong)(newLength >> 12) > uint.MaxValue) return Errno.EINVAL;
        if ((vma.Flags & (VmFlags.DontExpand | VmFlags.PfnMap)) != 0) return Errno.EFAULT;
        return MappedBytes + newLength - oldLength > SizeLimit || ExceedsData(vma.Flags, newLength - Math.Min(newLength, oldLength), 0, 0) ? Errno.ENOMEM : Errno.None;
    }

    Errno Move(Vma vma, uint address, uint kept, uint oldLength, uint newLength, uint? fixedAddress, uint hint, bool keeps, out uint result)
    {
        result = fixedAddress ?? 0;
        if (regions.Count + 2 >= MaximumRegions) return Errno.ENOMEM;
        if (fixedAddress == null && !ChooseAddress(hint, newLength, out result)) return Errno.ENOMEM;
        uint offset = vma.Source == null ? 0 : vma.PageOffset + ((address - vma.Start) >> 12);
        vma.Source?.Attach();
        SearchAgainAbove(result + newLength);
        regions.Insert(IndexAtOrAfter(result), new Vma(result, result + newLength, vma.Flags, vma.Source, offset, vma.Name) { Advice = vma.Advice });
        MappedBytes += newLength;
        uint distance = (result >> 12) - (address >> 12);
        uint end = (address + kept) >> 12;
        for (long page = NextPresent(address >> 12, end); page >= 0; page = NextPresent((uint)page + 1, end))
        {
            var state = (PageState)(pages[page] & FlagMask) & ~(PageState.Code | PageState.Told);
            SetPage((uint)page + distance, ClearPage((uint)page), state);
        }
        bool isLocked = (vma.Flags & VmFlags.Locked) != 0;
        if (keeps) ChangeFlags(address, address + oldLength, 0, VmFlags.Locked, 0, VmAdvice.LockOnFault);
        else if (oldLength != 0) RemoveRange(address, address + oldLength);
        MergeAround(IndexAtOrAfter(result));
        if (isLocked) Populate(result + kept, result + newLength, null);
        return Errno.None;
    }
}
