using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Limits and usage: getrlimit(2), setrlimit(2), prlimit(2), getrusage(2), getpriority(2).</summary>
internal static class ResourceCalls
{
    internal static readonly Syscall[] Table =
    [
        new(34, "nice", Nice, Support.Partial, "kept, but turns are equal"),
        new(75, "setrlimit", SetLimit, Support.Partial, "enforced: RLIMIT_NOFILE, STACK, DATA, AS, NPROC"),
        new(76, "getrlimit", GetLimitOld, Support.Full),
        new(77, "getrusage", GetUsage, Support.Partial, "processor time is instructions retired, a nanosecond each"),
        new(96, "getpriority", GetPriority, Support.Full),
        new(97, "setpriority", SetPriority, Support.Partial, "kept, but turns are equal"),
        new(191, "ugetrlimit", GetLimit, Support.Full),
        new(340, "prlimit64", Limit64, Support.Partial, "as setrlimit"),
    ];

    static Result GetLimit(Task task, in CallArguments a) => GetLimit(task, a, uint.MaxValue);

    static Result GetLimitOld(Task task, in CallArguments a) => GetLimit(task, a, int.MaxValue);

    static Result GetLimit(Task task, in CallArguments a, uint most)
    {
        if (a[0] >= ResourceLimits.Count) return Errno.EINVAL;
        var limit = task.Group.Limits[(Resource)a[0]];
        return task.AddressSpace!.TryWrite(a[1], (uint)Math.Min(limit.Current, most)) && task.AddressSpace.TryWrite(a[1] + 4, (uint)Math.Min(limit.Maximum, most)) ? 0 : Errno.EFAULT;
    }

    static Result SetLimit(Task task, in CallArguments a)
    {
        if (!task.AddressSpace!.TryRead(a[1], out uint current) || !task.AddressSpace.TryRead(a[1] + 4, out uint maximum)) return Errno.EFAULT;
        return a[0] >= ResourceLimits.Count ? Errno.EINVAL : Set(task, task.Group, (Resource)a[0], new(Widen(current), Widen(maximum)));
    }

    static ulong Widen(uint value) => value == uint.MaxValue ? ResourceLimit.Infinity : value;

    static Result Limit64(Task task, in CallArguments a)
    {
        var group = a[0] == 0 ? task.Group : task.Machine.FindTask((int)a[0])?.Group;
        if (group == null) return Errno.ESRCH;
        if (!ReferenceEquals(group, task.Group) && !MayLimit(task.Credentials, group.Leader.Credentials)) return Errno.EPERM;
        if (a[1] >= ResourceLimits.Count) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        var old = group.Limits[(Resource)a[1]];
        if (a[2] != 0)
        {
            if (!memory.TryRead(a[2], out ulong current) || !memory.TryRead(a[2] + 8, out ulong maximum)) return Errno.EFAULT;
            var result = Set(task, group, (Resource)a[1], new(current, maximum));
            if (result.Value != 0) return result;
        }
        return a[3] == 0 || (memory.TryWrite(a[3], old.Current) && memory.TryWrite(a[3] + 8, old.Maximum)) ? 0 : Errno.EFAULT;
    }

    /// <summary>check_prlimit_permission.</summary>
    static bool MayLimit(Credentials who, Credentials target) =>
        who.Has(Capability.Resource) || (who.Uid == target.EffectiveUid && who.Uid == target.SavedUid && who.Uid == target.Uid
            && who.Gid == target.EffectiveGid && who.Gid == target.SavedGid && who.Gid == target.Gid);

    static Result Set(Task task, ThreadGroup group, Resource resource, ResourceLimit limit)
    {
        if (limit.Current > limit.Maximum) return Errno.EINVAL;
        if (limit.Maximum > group.Limits[resource].Maximum && !task.Credentials.Has(Capability.Resource)) return Errno.EPERM;
        // As beyond /proc/sys/fs/nr_open on Linux, for root too.
        if (resource == Resource.OpenFiles && limit.Maximum > (ulong)task.Machine.Options.MaximumDescriptors) return Errno.EPERM;
        group.Limits[resource] = limit;
        foreach (var thread in group.Threads)
        {
            if (thread.AddressSpace is not { } memory) continue;
            if (resource == Resource.Stack) memory.StackLimit = (uint)Math.Min(limit.Current, 1u << 31);
            else if (resource == Resource.AddressSpace) memory.SizeLimit = limit.Current;
            else if (resource == Resource.Data) memory.DataLimit = limit.Current;
        }
        return 0;
    }

    static Result GetUsage(Task task, in CallArguments a)
    {
        ulong instructions;
        switch ((int)a[0])
        {
            case 0: instructions = task.Group.Instructions; break;
            case -1: instructions = task.Group.ChildInstructions; break;
            case 1: instructions = task.Instructions; break;
            default: return Errno.EINVAL;
        }
        return WriteUsage(task, a[1], instructions) ? 0 : Errno.EFAULT;
    }

    /// <summary>struct rusage: user time from instructions, the rest zero.</summary>
    internal static bool WriteUsage(Task task, uint address, ulong instructions)
    {
        Span<byte> usage = stackalloc byte[72];
        usage.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(usage, (uint)(instructions / 1_000_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(usage[4..], (uint)(instructions % 1_000_000_000 / 1000));
        return task.AddressSpace!.Write(address, usage);
    }

    static List<ThreadGroup> Who(Task task, uint which, uint who) => which switch
    {
        0 => task.Machine.FindTask(who == 0 ? task.Pid : (int)who) is { } found ? [found.Group] : [],
        1 => [.. SignalCalls.Groups(task.Machine).Where(g => g.ProcessGroup == (who == 0 ? task.Group.ProcessGroup : (int)who))],
        _ => [.. SignalCalls.Groups(task.Machine).Where(g => g.Leader.Credentials.Uid == (who == 0 ? task.Credentials.Uid : who))],
    };

    static Result GetPriority(Task task, in CallArguments a)
    {
        if (a[0] > 2) return Errno.EINVAL;
        var groups = Who(task, a[0], a[1]);
        return groups.Count == 0 ? Errno.ESRCH : 20 - groups.Min(static g => g.Nice);
    }

    static Result SetPriority(Task task, in CallArguments a)
    {
        if (a[0] > 2) return Errno.EINVAL;
        var groups = Who(task, a[0], a[1]);
        int nice = Math.Clamp((int)a[2], -20, 19);
        var result = Errno.ESRCH;
        foreach (var group in groups)
        {
            // The error of one of several is kept, but not that of one who is as he shall be (set_one_prio).
            if (!TaskAccess.MaySchedule(task, group.Leader))
            {
                result = Errno.EPERM;
                continue;
            }
            if (nice < group.Nice && !MayBeNice(group.Leader, nice) && !task.Credentials.Has(Capability.Nice))
            {
                result = Errno.EACCES;
                continue;
            }
            if (result == Errno.ESRCH) result = Errno.None;
            group.Nice = nice;
        }
        return result;
    }

    /// <summary>Whether RLIMIT_NICE lets a task have a nice value.</summary>
    internal static bool MayBeNice(Task target, int nice) => (ulong)(20 - nice) <= target.Group.Limits[Resource.Nice].Current;

    static Result Nice(Task task, in CallArguments a)
    {
        int increment = Math.Clamp((int)a[0], -40, 40), nice = Math.Clamp(task.Group.Nice + increment, -20, 19);
        if (increment < 0 && !MayBeNice(task, nice) && !task.Credentials.Has(Capability.Nice)) return Errno.EPERM;
        task.Group.Nice = nice;
        return 0;
    }
}
