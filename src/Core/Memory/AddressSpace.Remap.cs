namespace CheckpointRestart.Core.Memory;

/// <content>mremap(2): a region grows, shrinks or moves with its pages.</content>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Resizes or moves a mapping.</summary>
    /// <param name="address">Old address, page aligned.</param>
    /// <param name="oldLength">Old length in bytes; 0 is accepted for shared mappings only.</param>
    /// <param name="newLength">New length in bytes, not 0.</param>
    /// <param name="mayMove">MREMAP_MAYMOVE.</param>
    /// <param name="fixedAddress">With MREMAP_FIXED the new address, else null.</param>
    /// <param name="result">Where the mapping is afterwards.</param>
    /// <returns>None; EINVAL, EFAULT (no such region, or it spans several), ENOMEM as mremap(2) has them.</returns>
    public Errno Remap(uint address, uint oldLength, uint newLength, bool mayMove, uint? fixedAddress, out uint result)
    {
        result = address;
        if ((address & 0xFFF) != 0 || newLength == 0 || newLength > UserEnd || oldLength > UserEnd) return Errno.EINVAL;
        oldLength = (oldLength + 0xFFF) & ~0xFFFu;
        newLength = (newLength + 0xFFF) & ~0xFFFu;
        if (fixedAddress is { } target)
        {
            if ((target & 0xFFF) != 0 || target > UserEnd - newLength || !mayMove) return Errno.EINVAL;
            if (target < (ulong)address + oldLength && address < (ulong)target + newLength) return Errno.EINVAL;
            if (target < MinimumAddress) return Errno.EPERM;
        }
        var vma = FindRegion(address);
        if (vma == null) return Errno.EFAULT;
        if (oldLength == 0 && !vma.IsShared) return Errno.EINVAL;
        if (oldLength > vma.End - address) return Errno.EFAULT;
        if (oldLength >= newLength && fixedAddress == null)
        {
            if (oldLength > newLength) RemoveRange(address + newLength, address + oldLength);
            return Errno.None;
        }
        if (newLength > oldLength && (vma.Flags & (VmFlags.DontExpand | VmFlags.PfnMap)) != 0) return Errno.EFAULT;
        uint growth = newLength > oldLength ? newLength - oldLength : 0;
        if (MappedBytes + growth > SizeLimit) return Errno.ENOMEM;
        if (fixedAddress == null && vma.End == address + oldLength && vma.End <= UserEnd - growth && IsFree(vma.End, vma.End + growth))
        {
            vma.End += growth;
            MappedBytes += growth;
            MergeAround(regions.IndexOf(vma));
            return Errno.None;
        }
        return mayMove ? Move(vma, address, Math.Min(oldLength, newLength), oldLength, newLength, fixedAddress, out result) : Errno.ENOMEM;
    }

    Errno Move(Vma vma, uint address, uint kept, uint oldLength, uint newLength, uint? fixedAddress, out uint result)
    {
        result = fixedAddress ?? 0;
        if (regions.Count + 2 >= MaximumRegions) return Errno.ENOMEM;
        if (fixedAddress == null && !ChooseAddress(0, newLength, out result)) return Errno.ENOMEM;
        RemoveRange(result, result + newLength);
        uint offset = vma.Source == null ? 0 : vma.PageOffset + ((address - vma.Start) >> 12);
        vma.Source?.Attach();
        regions.Insert(IndexAtOrAfter(result), new Vma(result, result + newLength, vma.Flags & ~VmFlags.GrowsDown, vma.Source, offset, vma.Name));
        MappedBytes += newLength;
        uint distance = (result >> 12) - (address >> 12);
        uint end = (address + kept) >> 12;
        for (long page = NextPresent(address >> 12, end); page >= 0; page = NextPresent((uint)page + 1, end))
        {
            var state = GetPageState((uint)page) & ~PageState.Code;
            SetPage((uint)page + distance, ClearPage((uint)page), state);
        }
        if (oldLength != 0) RemoveRange(address, address + oldLength);
        MergeAround(IndexAtOrAfter(result));
        return Errno.None;
    }
}
