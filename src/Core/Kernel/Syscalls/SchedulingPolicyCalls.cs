using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Policies and priorities: sched_setscheduler(2), sched_setparam(2), sched_setattr(2), ioprio_set(2) (Linux: kernel/sched/core.c).</summary>
internal static class SchedulingPolicyCalls
{
    internal static readonly Syscall[] Table =
    [
        new(154, "sched_setparam", SetParameter, Support.Partial, "kept, but turns are equal"),
        new(155, "sched_getparam", GetParameter, Support.Full),
        new(156, "sched_setscheduler", SetScheduler, Support.Partial, "kept, but turns are equal; no SCHED_DEADLINE (EINVAL)"),
        new(157, "sched_getscheduler", GetScheduler, Support.Full),
        new(159, "sched_get_priority_max", (Task _, in CallArguments a) => a[0] switch { 1 or 2 => 99, 0 or 3 or 5 or 6 => 0, _ => Errno.EINVAL }, Support.Full),
        new(160, "sched_get_priority_min", (Task _, in CallArguments a) => a[0] switch { 1 or 2 => 1, 0 or 3 or 5 or 6 => 0, _ => Errno.EINVAL }, Support.Full),
        new(289, "ioprio_set", SetIoPriority, Support.Partial, "kept, but there is nothing to queue for"),
        new(290, "ioprio_get", GetIoPriority, Support.Full),
        new(351, "sched_setattr", SetAttributes, Support.Partial, "kept, but turns are equal; no SCHED_DEADLINE (EINVAL)"),
        new(352, "sched_getattr", GetAttributes, Support.Full),
    ];

    const uint ResetOnFork = 0x40000000, AttributeSize = 48, UtilizationSize = 56;

    static Task? Find(Task task, uint pid) => pid == 0 ? task : task.Machine.FindTask((int)pid);

    static Result SetParameter(Task task, in CallArguments a)
    {
        if (a[1] == 0 || (int)a[0] < 0) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[1], out int priority)) return Errno.EFAULT;
        return Find(task, a[0]) is not { } target ? Errno.ESRCH : Set(task, target, target.Scheduling with { Priority = priority }, target.Group.Nice);
    }

    static Result GetParameter(Task task, in CallArguments a)
    {
        if (a[1] == 0 || (int)a[0] < 0) return Errno.EINVAL;
        return Find(task, a[0]) is not { } target ? Errno.ESRCH : task.AddressSpace!.TryWrite(a[1], target.Scheduling.Priority) ? 0 : Errno.EFAULT;
    }

    static Result SetScheduler(Task task, in CallArguments a)
    {
        if ((int)a[1] < 0 || a[2] == 0 || (int)a[0] < 0) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[2], out int priority)) return Errno.EFAULT;
        if (Find(task, a[0]) is not { } target) return Errno.ESRCH;
        return Set(task, target, new((int)(a[1] & ~ResetOnFork), priority, (a[1] & ResetOnFork) != 0), target.Group.Nice);
    }

    static Result GetScheduler(Task task, in CallArguments a)
    {
        if ((int)a[0] < 0) return Errno.EINVAL;
        if (Find(task, a[0]) is not { } target) return Errno.ESRCH;
        return target.Scheduling.Policy | (target.Scheduling.ResetOnFork ? (int)ResetOnFork : 0);
    }

    static Result Set(Task task, Task target, in SchedulingPolicy wanted, int nice)
    {
        if (wanted.Policy is not (SchedulingPolicy.Normal or SchedulingPolicy.Fifo or SchedulingPolicy.RoundRobin or SchedulingPolicy.Batch or SchedulingPolicy.Idle)) return Errno.EINVAL;
        if (wanted.Priority is < 0 or > 99 || wanted.IsRealTime != (wanted.Priority != 0)) return Errno.EINVAL;
        if (!task.Credentials.Has(Capability.Nice) && !IsAllowed(task, target, wanted, nice)) return Errno.EPERM;
        target.Scheduling = wanted;
        target.Group.Nice = nice;
        return 0;
    }

    /// <summary>What is allowed without CAP_SYS_NICE (user_check_sched_setscheduler).</summary>
    static bool IsAllowed(Task task, Task target, in SchedulingPolicy wanted, int nice)
    {
        var old = target.Scheduling;
        if (!wanted.IsRealTime && nice < target.Group.Nice && !ResourceCalls.MayBeNice(target, nice)) return false;
        if (wanted.IsRealTime)
        {
            ulong limit = target.Group.Limits[Resource.RealTimePriority].Current;
            if (wanted.Policy != old.Policy && limit == 0) return false;
            if (wanted.Priority > old.Priority && (ulong)wanted.Priority > limit) return false;
        }
        if (old.Policy == SchedulingPolicy.Idle && wanted.Policy != SchedulingPolicy.Idle && !ResourceCalls.MayBeNice(target, target.Group.Nice)) return false;
        return TaskAccess.MaySchedule(task, target) && (!old.ResetOnFork || wanted.ResetOnFork);
    }

    static Result SetAttributes(Task task, in CallArguments a)
    {
        const uint first = 48;
        const ulong resetOnFork = 1, keepPolicy = 8, keepParameters = 0x10, known = 0x7F;
        if (a[1] == 0 || (int)a[0] < 0 || a[2] != 0) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(a[1], out uint size)) return Errno.EFAULT;
        if (size == 0) size = AttributeSize;
        if (size is < first or > 4096)
        {
            memory.TryWrite(a[1], UtilizationSize);
            return Errno.E2BIG;
        }
        Span<byte> bytes = stackalloc byte[(int)AttributeSize];
        if (!memory.Read(a[1], bytes)) return Errno.EFAULT;
        for (uint at = UtilizationSize; at < size; at++)
        {
            if (!memory.TryRead(a[1] + at, out byte more)) return Errno.EFAULT;
            if (more == 0) continue;
            memory.TryWrite(a[1], UtilizationSize);
            return Errno.E2BIG;
        }
        int policy = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), nice = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), -20, 19);
        ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        uint priority = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        if (policy < 0 || (flags & ~known) != 0) return Errno.EINVAL;
        if (Find(task, a[0]) is not { } target) return Errno.ESRCH;
        if ((flags & keepPolicy) != 0) policy = target.Scheduling.Policy;
        if ((flags & keepParameters) != 0) (priority, nice) = ((uint)target.Scheduling.Priority, target.Group.Nice);
        if (priority > 99) return Errno.EINVAL;
        bool isNormal = policy is SchedulingPolicy.Normal or SchedulingPolicy.Batch;
        return Set(task, target, new(policy, (int)priority, (flags & resetOnFork) != 0), isNormal ? nice : target.Group.Nice);
    }

    static Result GetAttributes(Task task, in CallArguments a)
    {
        if (a[1] == 0 || (int)a[0] < 0 || a[2] is < AttributeSize or > 4096 || a[3] != 0) return Errno.EINVAL;
        if (Find(task, a[0]) is not { } target) return Errno.ESRCH;
        Span<byte> bytes = stackalloc byte[(int)UtilizationSize];
        bytes.Clear();
        int size = (int)Math.Min(a[2], UtilizationSize);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, size);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], target.Scheduling.Policy);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], target.Scheduling.ResetOnFork ? 1ul : 0);
        if (target.Scheduling.IsRealTime) BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], target.Scheduling.Priority);
        else BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], target.Group.Nice);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[52..], 1024);
        return task.AddressSpace!.Write(a[1], bytes[..size]) ? 0 : Errno.EFAULT;
    }

    static Result SetIoPriority(Task task, in CallArguments a)
    {
        const int realTime = 1, bestEffort = 2, idle = 3;
        uint value = a[2], data = value & 0x1FFF;
        switch (value >> 13)
        {
            case realTime:
                if (!task.Credentials.Has(Capability.Administration) && !task.Credentials.Has(Capability.Nice)) return Errno.EPERM;
                goto case bestEffort;
            case bestEffort:
                if (data >= 8) return Errno.EINVAL;
                break;
            case idle: break;
            case 0:
                if (data != 0) return Errno.EINVAL;
                break;
            default: return Errno.EINVAL;
        }
        var targets = WithIoPriority(task, a[0], a[1]);
        if (targets == null) return Errno.EINVAL;
        if (targets.Count == 0) return Errno.ESRCH;
        foreach (var target in targets)
        {
            Credentials mine = task.Credentials, theirs = target.Credentials;
            if (theirs.Uid != mine.EffectiveUid && theirs.Uid != mine.Uid && !mine.Has(Capability.Nice)) return Errno.EPERM;
            target.IoPriority = value;
        }
        return 0;
    }

    static Result GetIoPriority(Task task, in CallArguments a)
    {
        var targets = WithIoPriority(task, a[0], a[1]);
        if (targets == null) return Errno.EINVAL;
        return targets.Count == 0 ? Errno.ESRCH : targets.Min(static target => target.IoPriority);
    }

    static List<Task>? WithIoPriority(Task task, uint which, uint who) => which switch
    {
        1 => Find(task, who) is { } found ? [found] : [],
        2 => [.. task.Machine.AllTasks.Where(other => other.Group.ProcessGroup == (who == 0 ? task.Group.ProcessGroup : (int)who))],
        3 => [.. task.Machine.AllTasks.Where(other => other.Credentials.Uid == (who == 0 ? task.Credentials.Uid : who))],
        _ => null,
    };
}
