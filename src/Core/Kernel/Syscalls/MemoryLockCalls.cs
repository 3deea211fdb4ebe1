using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Memory that stays: mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2) (Linux: mm/mlock.c). Nothing is ever swapped here;
/// the limits, the flags and the pages being brought in are as there.</summary>
internal static class MemoryLockCalls
{
    internal static readonly Syscall[] Table =
    [
        new(150, "mlock", Lock, Support.Full),
        new(151, "munlock", Unlock, Support.Full),
        new(152, "mlockall", LockAll, Support.Full),
        new(153, "munlockall", UnlockAll, Support.Full),
        new(376, "mlock2", LockFlagged, Support.Full),
    ];

    const ulong PageMask = 4095;

    static ulong LimitOf(Task task) => task.Group.Limits[Resource.LockedMemory].Current is var limit && limit == ResourceLimit.Infinity ? ulong.MaxValue : limit & ~PageMask;

    static bool MayLock(Task task) => task.Group.Limits[Resource.LockedMemory].Current != 0 || task.Credentials.Has(Capability.LockMemory);

    /// <summary>Whether a new mapping that is locked, by its own flag or by mlockall(2), may be made: EPERM, EAGAIN.</summary>
    internal static Errno CheckMap(Task task, bool isLocked, uint length)
    {
        var memory = task.AddressSpace!;
        if (isLocked && !MayLock(task)) return Errno.EPERM;
        if ((!isLocked && memory.FutureFlags == 0) || task.Credentials.Has(Capability.LockMemory)) return Errno.None;
        return memory.LockedBytes + length > LimitOf(task) ? Errno.EAGAIN : Errno.None;
    }

    static Result Lock(Task task, in CallArguments a) => Lock(task, a[0], a[1], onFault: false);

    static Result LockFlagged(Task task, in CallArguments a) => (a[2] & ~1u) != 0 ? Errno.EINVAL : Lock(task, a[0], a[1], (a[2] & 1) != 0);

    static Result Lock(Task task, uint address, uint length, bool onFault)
    {
        if (!MayLock(task)) return Errno.EPERM;
        var memory = task.AddressSpace!;
        ulong bytes = (length + (address & PageMask) + PageMask) & ~PageMask;
        uint start = address & ~(uint)PageMask;
        if (bytes > uint.MaxValue || start + bytes > uint.MaxValue) return Errno.EINVAL;
        uint end = start + (uint)bytes;
        if (!task.Credentials.Has(Capability.LockMemory) && bytes + memory.LockedBytes is var wanted && wanted > LimitOf(task)
            && wanted - memory.LockedIn(start, Math.Min(end, AddressSpace.UserEnd)) > LimitOf(task)) return Errno.ENOMEM;
        if (bytes == 0) return 0;
        var error = memory.ChangeFlags(start, end, VmFlags.Locked, 0, onFault ? VmAdvice.LockOnFault : 0, onFault ? 0 : VmAdvice.LockOnFault);
        if (error != Errno.None || onFault) return error;
        return memory.Populate(start, end, null) switch
        {
            FaultKind.None => 0,
            FaultKind.OutOfMemory => Errno.EAGAIN,
            _ => Errno.ENOMEM,
        };
    }

    static Result Unlock(Task task, in CallArguments a)
    {
        ulong bytes = (a[1] + (a[0] & PageMask) + PageMask) & ~PageMask;
        uint start = a[0] & ~(uint)PageMask;
        if (bytes > uint.MaxValue || start + bytes > uint.MaxValue) return Errno.EINVAL;
        return bytes == 0 ? 0 : task.AddressSpace!.ChangeFlags(start, start + (uint)bytes, 0, VmFlags.Locked, 0, VmAdvice.LockOnFault);
    }

    static Result LockAll(Task task, in CallArguments a)
    {
        const uint current = 1, future = 2, onFault = 4;
        if (a[0] == 0 || (a[0] & ~(current | future | onFault)) != 0 || a[0] == onFault) return Errno.EINVAL;
        if (!MayLock(task)) return Errno.EPERM;
        var memory = task.AddressSpace!;
        if ((a[0] & current) != 0 && memory.MappedBytes > LimitOf(task) && !task.Credentials.Has(Capability.LockMemory)) return Errno.ENOMEM;
        var advice = (a[0] & onFault) != 0 ? VmAdvice.LockOnFault : 0;
        memory.FutureFlags = (a[0] & future) != 0 ? VmFlags.Locked : 0;
        memory.FutureAdvice = (a[0] & future) != 0 ? advice : 0;
        if ((a[0] & current) == 0) return 0;
        Apply(memory, VmFlags.Locked, advice);
        if (advice != 0) return 0;
        foreach (var region in memory.Regions.ToArray()) memory.Populate(region.Start, region.End, null);
        return 0;
    }

    static Result UnlockAll(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        memory.FutureFlags = 0;
        memory.FutureAdvice = 0;
        Apply(memory, 0, 0);
        return 0;
    }

    static void Apply(AddressSpace memory, VmFlags flags, VmAdvice advice)
    {
        foreach (var (start, end) in memory.Regions.Select(static region => (region.Start, region.End)).ToArray())
            memory.ChangeFlags(start, end, flags, VmFlags.Locked, advice, VmAdvice.LockOnFault);
    }
}
