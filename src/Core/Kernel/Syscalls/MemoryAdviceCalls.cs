using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>madvise(2) (Linux: mm/madvise.c).</summary>
internal static class MemoryAdviceCalls
{
    internal static readonly Syscall[] Table = [new(219, "madvise", Advise, Support.Full)];

    const uint PageMask = 4095;

    const uint Normal = 0, Random = 1, Sequential = 2, WillNeed = 3, DontNeed = 4, Free = 8, Remove = 9, DontFork = 10, DoFork = 11, Mergeable = 12, Unmergeable = 13,
        HugePage = 14, NoHugePage = 15, DontDump = 16, DoDump = 17, WipeOnFork = 18, KeepOnFork = 19, Cold = 20, PageOut = 21, PopulateRead = 22, PopulateWrite = 23,
        DontNeedLocked = 24, Collapse = 25;

    static Result Advise(Task task, in CallArguments a) => Advise(task.AddressSpace!, a[0], a[1], a[2]);

    /// <summary>Holes are passed over and told at the end (ENOMEM); what a region refuses ends the call.</summary>
    internal static Errno Advise(AddressSpace memory, uint start, uint length, uint advice)
    {
        if (advice is > Collapse or (> DontNeed and < Free) || (start & PageMask) != 0) return Errno.EINVAL;
        ulong rounded = (length + (ulong)PageMask) & ~(ulong)PageMask;
        if (rounded > uint.MaxValue || start + rounded > uint.MaxValue) return Errno.EINVAL;
        uint end = start + (uint)rounded;
        if (end == start) return Errno.None;
        if (advice is PopulateRead or PopulateWrite)
        {
            return memory.Populate(start, end, advice == PopulateWrite) switch
            {
                FaultKind.None => Errno.None,
                FaultKind.Protection => Errno.EINVAL,
                FaultKind.PastEnd => Errno.EFAULT,
                _ => Errno.ENOMEM,
            };
        }
        var result = Errno.None;
        uint at = start;
        while (at < end && memory.FindRegionFrom(at) is { } region && region.Start < end)
        {
            if (region.Start > at) result = Errno.ENOMEM;
            uint first = Math.Max(region.Start, start), last = Math.Min(region.End, end);
            at = last;
            var error = Apply(memory, region, first, last, advice);
            if (error != Errno.None) return error;
        }
        return at < end ? Errno.ENOMEM : result;
    }

    static Errno Apply(AddressSpace memory, Vma region, uint start, uint end, uint advice)
    {
        bool isLocked = (region.Flags & VmFlags.Locked) != 0, isAnonymous = region.Source == null;
        switch (advice)
        {
            case Normal: return memory.ChangeFlags(start, end, 0, VmFlags.SequentialRead | VmFlags.RandomRead);
            case Random: return memory.ChangeFlags(start, end, VmFlags.RandomRead, VmFlags.SequentialRead);
            case Sequential: return memory.ChangeFlags(start, end, VmFlags.SequentialRead, VmFlags.RandomRead);
            case DontFork: return memory.ChangeFlags(start, end, VmFlags.DontCopy, 0);
            case DoFork: return (region.Flags & VmFlags.IO) != 0 ? Errno.EINVAL : memory.ChangeFlags(start, end, 0, VmFlags.DontCopy);
            case WipeOnFork: return isAnonymous ? memory.ChangeFlags(start, end, 0, 0, VmAdvice.WipeOnFork) : Errno.EINVAL;
            case KeepOnFork: return memory.ChangeFlags(start, end, 0, 0, 0, VmAdvice.WipeOnFork);
            case DontDump: return memory.ChangeFlags(start, end, 0, 0, VmAdvice.DontDump);
            case DoDump: return memory.ChangeFlags(start, end, 0, 0, 0, VmAdvice.DontDump);
            case Mergeable: return region.IsShared ? Errno.None : memory.ChangeFlags(start, end, 0, 0, VmAdvice.Mergeable);
            case Unmergeable: return memory.ChangeFlags(start, end, 0, 0, 0, VmAdvice.Mergeable);
            case HugePage: return memory.ChangeFlags(start, end, 0, 0, VmAdvice.HugePage, VmAdvice.NoHugePage);
            case NoHugePage: return memory.ChangeFlags(start, end, 0, 0, VmAdvice.NoHugePage, VmAdvice.HugePage);
            case Cold or PageOut: return isLocked ? Errno.EINVAL : Errno.None;
            case DontNeed or Free when isLocked: return Errno.EINVAL;
            case Free when !isAnonymous: return Errno.EINVAL;
            case DontNeed or DontNeedLocked or Free:
                memory.Discard(start, end);
                return Errno.None;
            case Remove: return PunchHole(memory, region, start, end);
            default: return Errno.None;
        }
    }

    /// <summary>MADV_REMOVE: the bytes go from what stands behind the region.</summary>
    static Errno PunchHole(AddressSpace memory, Vma region, uint start, uint end)
    {
        const VmFlags needed = VmFlags.Shared | VmFlags.Write;
        if ((region.Flags & VmFlags.Locked) != 0 || region.Source == null) return Errno.EINVAL;
        if ((region.Flags & needed) != needed) return Errno.EACCES;
        if (region.Source is MappedFile { Dentry.Inode: RegularInode { Seals: var seals } } && (seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0) return Errno.EPERM;
        // A hole reads as zeros; writing them is the same to every reader, and keeps the frames that other spaces have mapped.
        return memory.Populate(start, end, write: true) != FaultKind.None || !memory.Clear(start, end - start) ? Errno.EFAULT : Errno.None;
    }
}
