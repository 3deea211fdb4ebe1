using CheckpointRestart.Core.Kernel.Seccomp;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>seccomp(2), and what prctl(2) has of it (Linux: kernel/seccomp.c).</summary>
internal static class SeccompCalls
{
    internal static readonly Syscall[] Table =
    [
        new(354, "seccomp", Operate, Support.Partial, "no decisions by another process: SECCOMP_FILTER_FLAG_NEW_LISTENER and SECCOMP_GET_NOTIF_SIZES give EINVAL"),
    ];

    const uint ThreadSync = 1, Log = 2, AllowSpeculation = 4, ThreadSyncErrno = 16;

    static Result Operate(Task task, in CallArguments a)
    {
        const uint setStrict = 0, setFilter = 1, isAvailable = 2;
        switch (a[0])
        {
            case setStrict: return a[1] != 0 || a[2] != 0 ? Errno.EINVAL : SetStrict(task);
            case setFilter: return SetFilter(task, a[1], a[2]);
            case isAvailable:
                if (a[1] != 0) return Errno.EINVAL;
                if (!task.AddressSpace!.TryRead(a[2], out uint action)) return Errno.EFAULT;
                return action is SeccompActions.KillProcess or SeccompActions.KillThread or SeccompActions.Trap or SeccompActions.Error or SeccompActions.Trace or SeccompActions.Log
                    or SeccompActions.Allow ? 0 : Errno.EOPNOTSUPP;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>PR_SET_SECCOMP.</summary>
    public static Result SetMode(Task task, uint mode, uint address) => (SeccompMode)mode switch
    {
        SeccompMode.Strict => SetStrict(task),
        SeccompMode.Filter => SetFilter(task, 0, address),
        _ => Errno.EINVAL,
    };

    static Result SetStrict(Task task)
    {
        if (task.Seccomp == SeccompMode.Filter) return Errno.EINVAL;
        task.Seccomp = SeccompMode.Strict;
        return 0;
    }

    static Result SetFilter(Task task, uint flags, uint address)
    {
        if ((flags & ~(ThreadSync | Log | AllowSpeculation | ThreadSyncErrno)) != 0) return Errno.EINVAL;
        var error = ReadProgram(task, address, out var program);
        if (error != Errno.None) return error;
        if (task.Seccomp == SeccompMode.Strict) return Errno.EINVAL;
        if ((flags & ThreadSync) != 0)
        {
            foreach (var thread in task.Group.Threads)
            {
                if (ReferenceEquals(thread, task) || CanSync(task, thread)) continue;
                return (flags & ThreadSyncErrno) != 0 ? Errno.ESRCH : thread.Pid;
            }
        }
        var filter = new SeccompFilter(program, task.SeccompFilter);
        if (filter.Cost > SeccompFilter.MostInstructions) return Errno.ENOMEM;
        (task.Seccomp, task.SeccompFilter) = (SeccompMode.Filter, filter);
        if ((flags & ThreadSync) == 0) return 0;
        foreach (var thread in task.Group.Threads) (thread.Seccomp, thread.SeccompFilter) = (SeccompMode.Filter, filter);
        return 0;
    }

    /// <summary>A thread whose filters are all the caller's, too, can get those that the caller has beyond them.</summary>
    static bool CanSync(Task task, Task thread) =>
        thread.Seccomp != SeccompMode.Strict && (thread.SeccompFilter == null || task.SeccompFilter?.IsBased(thread.SeccompFilter) == true);

    static Errno ReadProgram(Task task, uint address, out FilterProgram program)
    {
        program = null!;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(address, out ushort length) || !memory.TryRead(address + 4, out uint from)) return Errno.EFAULT;
        if (length is 0 or > FilterProgram.MostInstructions) return Errno.EINVAL;
        if (!task.Group.NoNewPrivileges && !task.Credentials.Has(Capability.Administration)) return Errno.EACCES;
        var code = new FilterInstruction[length];
        for (uint i = 0; i < length; i++)
        {
            if (!memory.TryRead(from + i * 8, out ulong word)) return Errno.EFAULT;
            code[i] = new FilterInstruction((ushort)word, (byte)(word >> 16), (byte)(word >> 24), (uint)(word >> 32));
        }
        var checkedProgram = FilterProgram.Check(code);
        if (checkedProgram == null) return Errno.EINVAL;
        program = checkedProgram;
        return Errno.None;
    }
}
