using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <content>Holes: lseek(2) with SEEK_DATA and SEEK_HOLE, fallocate(2) with FALLOC_FL_PUNCH_HOLE and FALLOC_FL_ZERO_RANGE. What lies below the
/// overlay counts as data.</content>
public sealed partial class RegularInode
{
    /// <summary>Where data begins at or after a position; null when there is none before the end.</summary>
    internal long? NextData(long position)
    {
        if (volume.WritesThrough || position < hostLength || pages.ContainsKey((uint)(position >> 12))) return position;
        uint after = (uint)(position >> 12), first = uint.MaxValue;
        foreach (uint index in pages.Keys)
            if (index > after && index < first) first = index;
        long start = (long)first << 12;
        return first == uint.MaxValue || start >= size ? null : start;
    }

    /// <summary>Where a hole begins at or after a position; the end of the file counts as one.</summary>
    internal long NextHole(long position)
    {
        if (volume.WritesThrough) return size;
        if (position < hostLength) position = (hostLength + Frame.Size - 1) & -Frame.Size;
        if (!pages.ContainsKey((uint)(position >> 12))) return Math.Min(position, size);
        long page = position >> 12;
        while (page << 12 < size && pages.ContainsKey((uint)page)) page++;
        return Math.Min(page << 12, size);
    }

    /// <summary>Makes a range read as zero, and gives its memory back where nothing else needs it. The size stays.</summary>
    /// <returns>None; EOPNOTSUPP where the host is written in place; ENOSPC where the range lies below the overlay, which then has to hold the zeros.</returns>
    internal Errno PunchHole(long start, long length)
    {
        var error = Load();
        if (error != Errno.None) return error;
        if (volume.WritesThrough) return Errno.EOPNOTSUPP;
        if ((seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0) return Errno.EPERM;
        if (writers < 0) return Errno.ETXTBSY;
        long end = Math.Min(start + length, (size + Frame.Size - 1) & -Frame.Size);
        if (start >= end) return Errno.None;
        ModifyTime = ChangeTime = volume.Now;
        long firstWhole = (start + Frame.Size - 1) & -Frame.Size, endWhole = end & -Frame.Size;
        if (firstWhole > endWhole) return Clear(start, end);
        if (start < firstWhole && (error = Clear(start, firstWhole)) != Errno.None) return error;
        if (endWhole < end && (error = Clear(endWhole, end)) != Errno.None) return error;
        foreach (uint index in pages.Keys.Where(index => (long)index << 12 >= firstWhole && (long)index << 12 < endWhole).ToArray())
        {
            bool isMapped = mappings > 0 && volume.Account.CountMapped(index, pages[index].Frame) > 0;
            if (!isMapped && (long)index << 12 >= hostLength) RemovePage(index);
            else if ((error = Clear((long)index << 12, ((long)index + 1) << 12)) != Errno.None) return error;
        }
        for (long at = firstWhole; at < Math.Min(endWhole, hostLength); at += Frame.Size)
            if (!pages.ContainsKey((uint)(at >> 12)) && (error = Clear(at, at + Frame.Size)) != Errno.None) return error;
        return Errno.None;
    }

    /// <summary>Zeroes a part of one page that is there, in memory or below.</summary>
    Errno Clear(long start, long end)
    {
        uint index = (uint)(start >> 12);
        if (!pages.ContainsKey(index) && start >= hostLength) return Errno.None;
        var error = ChangePage(index, whole: end - start == Frame.Size, out var frame);
        if (error == Errno.None) frame.Bytes[(int)(start & 0xFFF)..(int)(end - ((long)index << 12))].Clear();
        return error;
    }
}
