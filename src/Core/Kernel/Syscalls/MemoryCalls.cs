using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Memory: brk(2), mmap(2), munmap(2), mprotect(2), mremap(2), msync(2), mincore(2), madvise(2), mlock(2).</summary>
internal static class MemoryCalls
{
    internal static readonly Syscall[] Table =
    [
        new(45, "brk", Break, Support.Full),
        new(90, "mmap", MapOld, Support.Partial, "as mmap2"),
        new(91, "munmap", Unmap, Support.Full),
        new(125, "mprotect", Protect, Support.Partial, "no PROT_GROWSUP"),
        new(144, "msync", Synchronize, Support.Full),
        new(150, "mlock", Lock, Support.Full),
        new(151, "munlock", Unlock, Support.Full),
        new(152, "mlockall", LockAll, Support.Full),
        new(153, "munlockall", UnlockAll, Support.Full),
        new(163, "mremap", Remap, Support.Partial, "no MREMAP_DONTUNMAP"),
        new(192, "mmap2", Map, Support.Partial, "MAP_HUGETLB gives EINVAL; MAP_LOCKED and MAP_POPULATE are taken as hints"),
        new(218, "mincore", InCore, Support.Full),
        new(219, "madvise", Advise, Support.Partial, "MADV_DONTNEED, MADV_FREE, DONTFORK, DOFORK, and the hints; others EINVAL"),
        new(376, "mlock2", LockFlagged, Support.Full),
        new(384, "arch_prctl", NoArchControl, Support.Refused, "EINVAL: of no use to i386 programs"),
    ];

    const uint Page = 4096, PageMask = Page - 1;

    [Flags]
    enum MapFlags : uint
    {
        Shared = 1,
        Private = 2,
        SharedValidate = 3,
        TypeMask = 0xF,
        Fixed = 0x10,
        Anonymous = 0x20,
        GrowsDown = 0x100,
        DenyWrite = 0x800,
        Executable = 0x1000,
        Locked = 0x2000,
        NoReserve = 0x4000,
        Populate = 0x8000,
        HugeTlb = 0x40000,
        FixedNoReplace = 0x100000,
    }

    static Result NoArchControl(Task task, in CallArguments a) => Errno.EINVAL;

    static Result Break(Task task, in CallArguments a) => task.AddressSpace!.SetBreak(a[0], task.Group.Limits[Resource.Data].Current);

    static Result MapOld(Task task, in CallArguments a)
    {
        CallArguments real = default;
        for (uint i = 0; i < 6; i++)
            if (!task.AddressSpace!.TryRead(a[0] + i * 4, out real[(int)i])) return Errno.EFAULT;
        if ((real[5] & PageMask) != 0) return Errno.EINVAL;
        real[5] >>= 12;
        return Map(task, real);
    }

    static Result Map(Task task, in CallArguments a)
    {
        uint address = a[0], length = a[1], protection = a[2], pageOffset = a[5];
        var flags = (MapFlags)a[3];
        var memory = task.AddressSpace!;
        if (length == 0) return Errno.EINVAL;
        if (length > AddressSpace.UserEnd) return Errno.ENOMEM;
        if ((flags & MapFlags.HugeTlb) != 0) return Errno.EINVAL;
        if ((flags & MapFlags.TypeMask) is not (MapFlags.Shared or MapFlags.Private or MapFlags.SharedValidate)) return Errno.EINVAL;
        if (pageOffset + ((length + PageMask) >> 12) < pageOffset) return Errno.EOVERFLOW;
        bool isShared = (flags & MapFlags.TypeMask) != MapFlags.Private;
        bool isFixed = (flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0;
        if (!isFixed) address &= ~PageMask;
        if ((flags & MapFlags.FixedNoReplace) != 0)
        {
            var there = memory.Regions.FirstOrDefault(region => region.End > address);
            if (there != null && there.Start < address + (ulong)length) return Errno.EEXIST;
        }

        var vm = VmFlags.May | ProtectionOf(task, protection);
        if ((flags & MapFlags.GrowsDown) != 0) vm |= VmFlags.GrowsDown;
        if ((flags & MapFlags.Locked) != 0) vm |= VmFlags.Locked;
        if ((flags & MapFlags.NoReserve) != 0) vm |= VmFlags.NoReserve;
        IPageSource? source = null;
        if ((flags & MapFlags.Anonymous) == 0)
        {
            var error = MapFile(task, a[4], isShared, ref vm, out source);
            if (error != Errno.None) return error;
        }
        else if (isShared && (flags & MapFlags.GrowsDown) != 0)
        {
            return Errno.EINVAL;
        }
        if (isShared) vm |= VmFlags.Shared | VmFlags.MayShare;
        else if ((vm & (VmFlags.Write | VmFlags.NoReserve)) == VmFlags.Write) vm |= VmFlags.Account;
        if (isShared && source == null)
        {
            source = new SharedMemory(memory.Account, (length + PageMask) >> 12);
            pageOffset = 0;
        }
        var result = memory.Map(address, length, vm, isFixed, source, source == null ? 0 : pageOffset, out uint mapped);
        return result != Errno.None ? result : mapped;
    }

    static Errno MapFile(Task task, uint descriptor, bool isShared, ref VmFlags vm, out IPageSource? source)
    {
        source = null;
        var error = task.GetFile(descriptor, out var file);
        if (error != Errno.None) return error;
        if ((file.Mode & FMode.Path) != 0) return Errno.EBADF;
        if ((file.Mode & FMode.Read) == 0) return Errno.EACCES;
        if (isShared)
        {
            if ((vm & VmFlags.Write) != 0 && ((file.Mode & FMode.Write) == 0 || (file.Flags & OpenFlags.Append) != 0)) return Errno.EACCES;
            if ((file.Mode & FMode.Write) == 0) vm &= ~VmFlags.MayWrite;
        }
        return file.GetPages(out source);
    }

    static VmFlags ProtectionOf(Task task, uint protection)
    {
        const uint readImpliesExec = 0x400000;
        var flags = (VmFlags)(protection & 7);
        if ((protection & 1) != 0 && (task.Personality & readImpliesExec) != 0) flags |= VmFlags.Exec;
        return flags;
    }

    /// <summary>True when the task's personality makes readable memory executable (READ_IMPLIES_EXEC).</summary>
    internal static bool ReadImpliesExec(Task task) => (task.Personality & 0x400000) != 0;

    static Result Unmap(Task task, in CallArguments a) => task.AddressSpace!.Unmap(a[0], a[1]);

    static Result Protect(Task task, in CallArguments a)
    {
        const uint growsDown = 0x01000000, known = 0xF | growsDown;
        if ((a[2] & ~known) != 0) return Errno.EINVAL;
        uint address = a[0], length = a[1];
        if ((a[2] & growsDown) != 0)
        {
            var region = task.AddressSpace!.FindRegion(address);
            if (region == null) return Errno.ENOMEM;
            if ((region.Flags & VmFlags.GrowsDown) == 0) return Errno.EINVAL;
            length += address - region.Start;
            address = region.Start;
        }
        return task.AddressSpace!.Protect(address, length, ProtectionOf(task, a[2]));
    }

    static Result Remap(Task task, in CallArguments a)
    {
        const uint mayMove = 1, isFixed = 2;
        if ((a[3] & ~(mayMove | isFixed)) != 0 || ((a[3] & isFixed) != 0 && (a[3] & mayMove) == 0)) return Errno.EINVAL;
        var error = task.AddressSpace!.Remap(a[0], a[1], a[2], (a[3] & mayMove) != 0, (a[3] & isFixed) != 0 ? a[4] : null, out uint result);
        return error != Errno.None ? error : result;
    }

    static Result Synchronize(Task task, in CallArguments a)
    {
        const uint async = 1, invalidate = 2, sync = 4;
        if ((a[2] & ~(async | invalidate | sync)) != 0 || (a[2] & (async | sync)) == (async | sync) || (a[0] & PageMask) != 0) return Errno.EINVAL;
        return IsMapped(task.AddressSpace!, a[0], a[1]) ? 0 : Errno.ENOMEM;
    }

    static bool IsMapped(AddressSpace memory, uint address, uint length)
    {
        ulong end = address + ((length + (ulong)PageMask) & ~(ulong)PageMask);
        if (end > AddressSpace.UserEnd) return false;
        for (ulong at = address; at < end;)
        {
            var region = memory.FindRegion((uint)at);
            if (region == null) return false;
            at = region.End;
        }
        return true;
    }

    static Result Lock(Task task, in CallArguments a) => SetLock(task, a[0], a[1], true);

    static Result LockFlagged(Task task, in CallArguments a) => (a[2] & ~1u) != 0 ? Errno.EINVAL : SetLock(task, a[0], a[1], true);

    static Result Unlock(Task task, in CallArguments a) => SetLock(task, a[0], a[1], false);

    static Result SetLock(Task task, uint address, uint length, bool on)
    {
        ulong end = (address + (ulong)length + PageMask) & ~(ulong)PageMask;
        address &= ~PageMask;
        if (length == 0) return 0;
        if (end > AddressSpace.UserEnd) return Errno.ENOMEM;
        return task.AddressSpace!.ChangeFlags(address, (uint)end, on ? VmFlags.Locked : 0, on ? 0 : VmFlags.Locked);
    }

    static Result LockAll(Task task, in CallArguments a) => a[0] == 0 || (a[0] & ~7u) != 0 || a[0] == 4 ? Errno.EINVAL : 0;

    static Result UnlockAll(Task task, in CallArguments a)
    {
        foreach (var region in task.AddressSpace!.Regions.ToArray())
            if ((region.Flags & VmFlags.Locked) != 0) task.AddressSpace.ChangeFlags(region.Start, region.End, 0, VmFlags.Locked);
        return 0;
    }

    static Result InCore(Task task, in CallArguments a)
    {
        if ((a[0] & PageMask) != 0) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        if (a[1] == 0) return 0;
        if (!IsMapped(memory, a[0], a[1])) return Errno.ENOMEM;
        uint pages = (uint)((a[1] + (ulong)PageMask) >> 12);
        for (uint i = 0; i < pages; i++)
        {
            uint page = (a[0] >> 12) + i;
            var region = memory.FindRegion(page << 12)!;
            bool present = (memory.GetPageState(page) & PageState.Present) != 0 || (region.Source != null && !region.IsShared);
            if (!memory.TryWrite(a[2] + i, (byte)(present ? 1 : 0))) return Errno.EFAULT;
        }
        return 0;
    }

    static Result Advise(Task task, in CallArguments a)
    {
        if ((a[0] & PageMask) != 0) return Errno.EINVAL;
        ulong last = a[0] + (((ulong)a[1] + PageMask) & ~(ulong)PageMask);
        if (last > AddressSpace.UserEnd) return a[1] == 0 ? Errno.None : Errno.EINVAL;
        uint end = (uint)last;
        if (end == a[0]) return 0;
        var memory = task.AddressSpace!;
        bool isMapped = IsMapped(memory, a[0], a[1]);
        switch (a[2])
        {
            case 0: return memory.ChangeFlags(a[0], end, 0, VmFlags.SequentialRead | VmFlags.RandomRead);
            case 1: return memory.ChangeFlags(a[0], end, VmFlags.RandomRead, VmFlags.SequentialRead);
            case 2: return memory.ChangeFlags(a[0], end, VmFlags.SequentialRead, VmFlags.RandomRead);
            case 3: return isMapped ? 0 : Errno.ENOMEM;
            case 4 or 8:
                foreach (var region in memory.Regions)
                    if (region.End > a[0] && region.Start < end && ((region.Flags & VmFlags.Locked) != 0 || (a[2] == 8 && region.Source != null))) return Errno.EINVAL;
                memory.Discard(a[0], end);
                return isMapped ? 0 : Errno.ENOMEM;
            case 10: return memory.ChangeFlags(a[0], end, VmFlags.DontCopy, 0);
            case 11: return memory.ChangeFlags(a[0], end, 0, VmFlags.DontCopy);
            case 12 or 13 or 14 or 15 or 16 or 17 or 20 or 21: return isMapped ? 0 : Errno.ENOMEM;
            default: return Errno.EINVAL;
        }
    }
}
