using CheckpointRestart.Core.Kernel.Ipc;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Shared memory of System V: shmget(2), shmat(2), shmdt(2), shmctl(2) (Linux: ipc/shm.c).</summary>
internal static class SharedSegmentCalls
{
    internal static readonly Syscall[] Table =
    [
        new(395, "shmget", Get, Support.Partial, "SHM_HUGETLB gives ENOMEM: no huge pages are reserved"),
        new(396, "shmctl", Control, Support.Full),
        new(397, "shmat", Attach, Support.Full),
        new(398, "shmdt", Detach, Support.Full),
    ];

    const uint PageMask = 4095;
    const uint ReadOnly = 0x1000, Round = 0x2000, Remap = 0x4000, Execute = 0x8000, HugePages = 0x800;
    const uint LockCommand = 11, UnlockCommand = 12, StatIndex = 13, InfoUsed = 14, StatAny = 15;

    internal static Result Get(Task task, in CallArguments a)
    {
        var state = task.Machine.Ipc;
        uint size = a[1], flags = a[2];
        int key = (int)a[0];
        return state.SharedMemory.Get(task, key, flags, Make, segment => segment.Size < size ? Errno.EINVAL : Errno.None);

        (SharedSegment?, Errno) Make()
        {
            if (size == 0 || size > state.SegmentLimit) return (null, Errno.EINVAL);
            ulong pages = (size + (ulong)PageMask) >> 12;
            if (state.SegmentPages + pages > state.SegmentPagesLimit) return (null, Errno.ENOSPC);
            if ((flags & HugePages) != 0) return (null, Errno.ENOMEM);
            if (state.SharedMemory.Objects.Count >= state.SharedMemory.Limit) return (null, Errno.ENOSPC);
            state.SegmentPages += pages;
            return (new SharedSegment(task.Machine, size, task.Tgid, key), Errno.None);
        }
    }

    static Result Attach(Task task, in CallArguments a)
    {
        var error = Attach(task, (int)a[0], a[1], a[2], out uint mapped);
        return error != Errno.None ? error : mapped;
    }

    internal static Errno Attach(Task task, int id, uint address, uint flags, out uint mapped)
    {
        mapped = 0;
        var memory = task.AddressSpace!;
        if (id < 0) return Errno.EINVAL;
        if ((address & PageMask) != 0)
        {
            if ((flags & Round) == 0) return Errno.EINVAL;
            address &= ~PageMask;
            if (address == 0 && (flags & Remap) != 0) return Errno.EINVAL;
        }
        else if (address == 0 && (flags & Remap) != 0)
        {
            return Errno.EINVAL;
        }
        bool isReadOnly = (flags & ReadOnly) != 0;
        uint wanted = IpcControl.ReadRight | (isReadOnly ? 0 : IpcControl.WriteRight) | ((flags & Execute) != 0 ? 0x49u : 0);
        var error = task.Machine.Ipc.SharedMemory.Find(id, out var segment);
        if (error != Errno.None) return error;
        if (!segment.Allows(task, wanted)) return Errno.EACCES;
        if (address != 0 && (flags & Remap) == 0 && (address + (ulong)segment.Size > uint.MaxValue || memory.AnyRegionIn(address, address + (segment.Size + PageMask & ~PageMask)))) return Errno.EINVAL;
        var vm = VmFlags.May | VmFlags.Shared | VmFlags.MayShare | VmFlags.Read;
        if (isReadOnly) vm &= ~VmFlags.MayWrite;
        else vm |= VmFlags.Write;
        if ((flags & Execute) != 0 || MemoryCalls.ReadImpliesExec(task)) vm |= VmFlags.Exec;
        return memory.Map(address, segment.Size, vm, isFixed: address != 0, segment, 0, out mapped);
    }

    internal static Result Detach(Task task, in CallArguments a) => Detach(task, a[0]);

    /// <summary>Takes away every part of the segment that begins at the address, wherever it was moved or cut.</summary>
    internal static Result Detach(Task task, uint address)
    {
        if ((address & PageMask) != 0) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        SharedSegment? segment = null;
        foreach (var region in memory.Regions.Where(region => region.Start >= address && region.Source is SharedSegment).ToArray())
        {
            var source = (SharedSegment)region.Source!;
            if ((region.Start - address) >> 12 != region.PageOffset) continue;
            segment ??= source;
            if (!ReferenceEquals(segment, source) || region.PageOffset >= segment.Pages) continue;
            memory.Unmap(region.Start, region.Length);
        }
        return segment == null ? Errno.EINVAL : 0;
    }

    static Result Control(Task task, in CallArguments a) => Control(task, (int)a[0], a[1] | IpcControl.Wide, a[2]);

    internal static Result Control(Task task, int id, uint command, uint buffer)
    {
        var state = task.Machine.Ipc;
        var memory = task.AddressSpace!;
        if ((int)command < 0 || id < 0) return Errno.EINVAL;
        if ((command & IpcControl.Wide) == 0 && command is not (IpcControl.Remove or LockCommand or UnlockCommand)) return Errno.EINVAL;
        command &= ~IpcControl.Wide;
        switch (command)
        {
            case IpcControl.Info:
                return memory.Write(buffer, IpcLayout.Of(state.SegmentLimit, 1, (uint)state.SharedMemory.Limit, (uint)state.SharedMemory.Limit, state.SegmentPagesLimit, 0, 0, 0, 0))
                    ? state.SharedMemory.HighestIndex : Errno.EFAULT;
            case InfoUsed:
                uint resident = (uint)state.SharedMemory.Objects.Values.Sum(static segment => segment.ResidentPages);
                return memory.Write(buffer, IpcLayout.Of((uint)state.SharedMemory.Objects.Count, (uint)state.SegmentPages, resident, 0, 0, 0))
                    ? state.SharedMemory.HighestIndex : Errno.EFAULT;
            case IpcControl.Stat or StatIndex or StatAny:
                return IpcControl.Describe(task, state.SharedMemory, id, command != IpcControl.Stat, command == StatAny, buffer, IpcLayout.Of);
            case IpcControl.Set:
                var given = new byte[IpcLayout.SegmentSize];
                if (!memory.Read(buffer, given)) return Errno.EFAULT;
                var error = IpcControl.FindOwned(task, state.SharedMemory, id, out var segment);
                return error != Errno.None ? error : IpcControl.Change(task, segment, given);
            case IpcControl.Remove:
                error = IpcControl.FindOwned(task, state.SharedMemory, id, out segment);
                if (error == Errno.None) segment.Remove();
                return error;
            case LockCommand or UnlockCommand:
                error = state.SharedMemory.Find(id, out segment!);
                if (error != Errno.None) return error;
                if (!segment.IsOwnedBy(task)) return Errno.EPERM;
                if (command == LockCommand && !task.Credentials.Has(Capability.LockMemory) && task.Group.Limits[Resource.LockedMemory].Current == 0) return Errno.EPERM;
                segment.Mode = command == LockCommand ? segment.Mode | SharedSegment.Locked : segment.Mode & ~SharedSegment.Locked;
                return 0;
            default:
                return Errno.EINVAL;
        }
    }
}
