using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Memory: brk(2), mmap(2), munmap(2), mprotect(2), mremap(2), msync(2), mincore(2), remap_file_pages(2).</summary>
internal static class MemoryCalls
{
    internal static readonly Syscall[] Table =
    [
        new(45, "brk", Break, Support.Full),
        new(90, "mmap", MapOld, Support.Full),
        new(91, "munmap", Unmap, Support.Full),
        new(125, "mprotect", Protect, Support.Full),
        new(144, "msync", Synchronize, Support.Full),
        new(163, "mremap", Remap, Support.Full),
        new(192, "mmap2", Map, Support.Partial, "MAP_HUGETLB gives ENOMEM: no huge pages are reserved"),
        new(218, "mincore", InCore, Support.Full),
        new(257, "remap_file_pages", RemapFilePages, Support.Full),
        new(384, "arch_prctl", NoArchControl, Support.Refused, "EINVAL: of no use to i386 programs"),
    ];

    const uint PageMask = 4095;

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
        Low = 0x40,
        DenyWrite = 0x800,
        Executable = 0x1000,
        Locked = 0x2000,
        NoReserve = 0x4000,
        Populate = 0x8000,
        NonBlock = 0x10000,
        Stack = 0x20000,
        HugeTlb = 0x40000,
        FixedNoReplace = 0x100000,
        Uninitialized = 0x4000000,
    }

    static Result NoArchControl(Task task, in CallArguments a) => Errno.EINVAL;

    static Result Break(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        uint before = memory.Layout.Brk;
        if (a[0] > before && (MemoryLockCalls.CheckMap(task, false, a[0] - before) != Errno.None || !task.Machine.Overcommit.Allows(task, a[0] - before))) return before;
        uint after = memory.SetBreak(a[0], task.Group.Limits[Resource.Data].Current);
        if (after > before && memory.FutureFlags != 0 && memory.FutureAdvice == 0) memory.Populate((before + PageMask) & ~PageMask, (after + PageMask) & ~PageMask, null);
        return after;
    }

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
        OpenFile? file = null;
        if ((flags & MapFlags.Anonymous) == 0)
        {
            var error = task.GetFile(a[4], out file);
            if (error != Errno.None || (file.Mode & FMode.Path) != 0) return Errno.EBADF;
            if ((flags & MapFlags.HugeTlb) != 0) return Errno.EINVAL;
        }
        else if ((flags & MapFlags.HugeTlb) != 0)
        {
            return Errno.ENOMEM;
        }
        if (length == 0) return Errno.EINVAL;
        if (length > AddressSpace.UserEnd) return Errno.ENOMEM;
        if (pageOffset + ((length + PageMask) >> 12) < pageOffset) return Errno.EOVERFLOW;
        bool isFixed = (flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0;
        if (!isFixed) address &= ~PageMask;
        else if ((address & PageMask) != 0) return Errno.EINVAL;
        length = (length + PageMask) & ~PageMask;
        if ((flags & MapFlags.FixedNoReplace) != 0 && address <= AddressSpace.UserEnd - length && memory.AnyRegionIn(address, address + length)) return Errno.EEXIST;
        var refused = MemoryLockCalls.CheckMap(task, (flags & MapFlags.Locked) != 0, length);
        if (refused != Errno.None) return refused;

        var vm = VmFlags.May | ProtectionOf(task, protection);
        if ((flags & MapFlags.Locked) != 0) vm |= VmFlags.Locked;
        refused = Classify(task, flags, file, ref vm, out var source);
        if (refused != Errno.None) return refused;
        bool isShared = (vm & VmFlags.Shared) != 0;
        if (isShared && source == null)
        {
            if ((flags & MapFlags.NoReserve) == 0 && !task.Machine.Overcommit.Allows(task, length)) return Errno.ENOMEM;
            source = new SharedMemory(memory.Account, length >> 12);
            pageOffset = 0;
        }
        else if (!isShared && (vm & VmFlags.Write) != 0)
        {
            if ((flags & MapFlags.NoReserve) != 0 && task.Machine.Overcommit.Mode != OvercommitMode.Never) vm |= VmFlags.NoReserve;
            else vm |= VmFlags.Account;
            if ((vm & VmFlags.Account) != 0 && !task.Machine.Overcommit.Allows(task, length)) return Errno.ENOMEM;
        }
        var result = memory.Map(address, length, vm, isFixed, source, source == null ? 0 : pageOffset, out uint mapped);
        if (result != Errno.None) return result;
        bool populates = (flags & (MapFlags.Populate | MapFlags.NonBlock)) == MapFlags.Populate || (vm & VmFlags.Locked) != 0
            || (memory.FutureFlags != 0 && memory.FutureAdvice == 0);
        if (populates) memory.Populate(mapped, mapped + length, null);
        return mapped;
    }

    /// <summary>What kind of mapping it is, what may be done with it, and what stands behind it.</summary>
    static Errno Classify(Task task, MapFlags flags, OpenFile? file, ref VmFlags vm, out IPageSource? source)
    {
        const MapFlags stays = MapFlags.Shared | MapFlags.Private | MapFlags.Fixed | MapFlags.Anonymous | MapFlags.GrowsDown | MapFlags.DenyWrite | MapFlags.Executable
            | MapFlags.Locked | MapFlags.NoReserve | MapFlags.Populate | MapFlags.NonBlock | MapFlags.Stack | MapFlags.HugeTlb | MapFlags.Low | MapFlags.Uninitialized | MapFlags.FixedNoReplace;
        source = null;
        var type = flags & MapFlags.TypeMask;
        bool isShared = type == MapFlags.Shared || (type == MapFlags.SharedValidate && file != null);
        if (!isShared && type != MapFlags.Private) return Errno.EINVAL;
        if ((flags & MapFlags.GrowsDown) != 0)
        {
            if (isShared || file != null) return Errno.EINVAL;
            vm |= VmFlags.GrowsDown;
        }
        if (isShared) vm |= VmFlags.Shared | VmFlags.MayShare;
        if (file == null) return Errno.None;
        if (type == MapFlags.SharedValidate && (flags & ~stays & ~(MapFlags)0xFC000000) != 0) return Errno.EOPNOTSUPP;
        if (isShared)
        {
            if ((vm & VmFlags.Write) != 0 && ((file.Mode & FMode.Write) == 0 || (file.Flags & OpenFlags.Append) != 0)) return Errno.EACCES;
            if ((file.Mode & FMode.Write) == 0) vm &= ~VmFlags.MayWrite;
        }
        if ((file.Mode & FMode.Read) == 0) return Errno.EACCES;
        if (isShared && ((file.Inode as RegularInode)?.Seals ?? 0) is var seals && (seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0)
        {
            if ((vm & VmFlags.Write) != 0) return Errno.EPERM;
            vm &= ~VmFlags.MayWrite;
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
        const uint growsDown = 0x01000000, growsUp = 0x02000000, known = 0xF;
        uint grows = a[2] & (growsDown | growsUp), address = a[0];
        if (grows == (growsDown | growsUp) || (address & PageMask) != 0) return Errno.EINVAL;
        if (a[1] == 0) return 0;
        uint length = (uint)((a[1] + (ulong)PageMask) & ~(ulong)PageMask);
        uint end = unchecked(address + length);
        if (end <= address) return Errno.ENOMEM;
        if ((a[2] & ~(known | grows)) != 0) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        if (grows != 0)
        {
            var region = memory.Regions.FirstOrDefault(region => region.End > address);
            if (region == null || (grows == growsDown ? region.Start >= end : region.Start > address)) return Errno.ENOMEM;
            if (grows == growsUp || (region.Flags & VmFlags.GrowsDown) == 0) return Errno.EINVAL;
            address = region.Start;
        }
        return memory.Protect(address, end - address, ProtectionOf(task, a[2]));
    }

    static Result Remap(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        if (a[2] > a[1] && memory.FindRegion(a[0]) is { } region)
        {
            if ((region.Flags & VmFlags.Locked) != 0 && MemoryLockCalls.CheckMap(task, true, a[2] - a[1]) != Errno.None) return Errno.EAGAIN;
            if ((region.Flags & VmFlags.Account) != 0 && !task.Machine.Overcommit.Allows(task, a[2] - a[1])) return Errno.ENOMEM;
        }
        var error = memory.Remap(a[0], a[1], a[2], (RemapFlags)a[3], a[4], out uint result);
        return error != Errno.None ? error : result;
    }

    /// <summary>remap_file_pages(2), as Linux does it since 4.0: an ordinary mapping over a part of the old one.</summary>
    static Result RemapFilePages(Task task, in CallArguments a)
    {
        uint start = a[0] & ~PageMask, size = a[1] & ~PageMask, pageOffset = a[3];
        if (a[2] != 0 || unchecked(start + size) <= start || unchecked(pageOffset + (size >> 12)) < pageOffset) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        var region = memory.FindRegion(start);
        if (region is not { IsShared: true, Source: { } source }) return Errno.EINVAL;
        for (var next = region; next.End < start + size;)
        {
            var behind = memory.FindRegion(next.End);
            if (behind == null || behind.Source != source || behind.Flags != region.Flags) return Errno.EINVAL;
            next = behind;
        }
        return memory.Map(start, size, region.Flags, isFixed: true, source, pageOffset, out _);
    }

    static Result Synchronize(Task task, in CallArguments a)
    {
        const uint async = 1, invalidate = 2, sync = 4;
        if ((a[2] & ~(async | invalidate | sync)) != 0 || (a[2] & (async | sync)) == (async | sync) || (a[0] & PageMask) != 0) return Errno.EINVAL;
        if (!IsMapped(task.AddressSpace!, a[0], a[1])) return Errno.ENOMEM;
        ulong end = a[0] + (ulong)a[1];
        return (a[2] & invalidate) != 0 && task.AddressSpace!.LockedIn(a[0], (uint)Math.Min(end, AddressSpace.UserEnd)) != 0 ? Errno.EBUSY : 0;
    }

    internal static bool IsMapped(AddressSpace memory, uint address, uint length)
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

    static Result InCore(Task task, in CallArguments a)
    {
        if ((a[0] & PageMask) != 0) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        if (a[1] == 0) return 0;
        if (a[0] + (ulong)a[1] > AddressSpace.UserEnd) return Errno.ENOMEM;
        if (a[2] + ((a[1] + (ulong)PageMask) >> 12) > AddressSpace.UserEnd) return Errno.EFAULT;
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
}
