using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Making and ending tasks: fork(2), vfork(2), clone(2), clone3(2), exit(2), exit_group(2).</summary>
internal static class ProcessCalls
{
    internal static readonly Syscall[] Table =
    [
        new(1, "exit", Exit, Support.Full),
        new(2, "fork", Fork, Support.Full),
        new(120, "clone", Clone, Support.Partial, "no namespaces, no CLONE_PIDFD"),
        new(190, "vfork", Vfork, Support.Full),
        new(252, "exit_group", ExitGroup, Support.Full),
        new(435, "clone3", Clone3, Support.Partial, "as clone; no set_tid, no cgroup"),
    ];

    static Result Exit(Task task, in CallArguments a)
    {
        Exits.EndTask(task, (int)(a[0] & 0xFF) << 8);
        return Result.NoReturn;
    }

    static Result ExitGroup(Task task, in CallArguments a)
    {
        Exits.EndGroup(task.Group, (int)(a[0] & 0xFF) << 8);
        return Result.NoReturn;
    }

    static Result Fork(Task task, in CallArguments a) => Clone(task, 0, Signal.SIGCHLD, 0, 0, 0, 0);

    static Result Vfork(Task task, in CallArguments a) => Clone(task, CloneFlags.Vfork | CloneFlags.Vm, Signal.SIGCHLD, 0, 0, 0, 0);

    static Result Clone(Task task, in CallArguments a)
    {
        var signal = (Signal)(a[0] & (uint)CloneFlags.ExitSignalMask);
        return signal > Signal.Last ? Errno.EINVAL : Clone(task, (CloneFlags)a[0] & ~CloneFlags.ExitSignalMask, signal, a[1], a[2], a[4], a[3]);
    }

    static Result Clone3(Task task, in CallArguments a)
    {
        const uint smallest = 64, known = 88;
        if (a[1] < smallest) return Errno.EINVAL;
        if (a[1] > 4096) return Errno.E2BIG;
        Span<ulong> fields = stackalloc ulong[11];
        fields.Clear();
        for (uint i = 0; i < Math.Min(a[1], known) / 8; i++)
            if (!task.AddressSpace!.TryRead(a[0] + i * 8, out fields[(int)i])) return Errno.EFAULT;
        for (uint at = known; at < a[1]; at++)
        {
            if (!task.AddressSpace!.TryRead(a[0] + at, out byte more)) return Errno.EFAULT;
            if (more != 0) return Errno.E2BIG;
        }
        if (fields[0] > uint.MaxValue || (fields[0] & (uint)(CloneFlags.Detached | CloneFlags.ExitSignalMask)) != 0 || fields[4] > (uint)Signal.Last) return Errno.EINVAL;
        if ((fields[5] == 0) != (fields[6] == 0) || fields[8] != 0 || fields[9] != 0 || fields[10] != 0) return Errno.EINVAL;
        var flags = (CloneFlags)fields[0];
        if ((flags & (CloneFlags.Thread | CloneFlags.SameParent)) != 0 && fields[4] != 0) return Errno.EINVAL;
        uint stack = fields[5] == 0 ? 0 : (uint)(fields[5] + fields[6]);
        return Clone(task, flags, (Signal)fields[4], stack, (uint)fields[3], (uint)fields[2], (uint)fields[7]);
    }

    static Result Clone(Task task, CloneFlags flags, Signal exitSignal, uint stack, uint parentTid, uint childTid, uint tls)
    {
        // Woken: the child of the vfork has ended or executed.
        if (task.Call.Subject is Task child) return ReferenceEquals(child.VforkParent, task) ? Result.Wait(null, Interruption.Killable) : child.Pid;
        (int Index, ulong Descriptor)? entry = null;
        if ((flags & CloneFlags.SetTls) != 0)
        {
            var error = SegmentCalls.ReadTls(task, tls, out var parsed);
            if (error != Errno.None) return error;
            entry = parsed;
        }
        var result = Forks.Clone(task, flags, exitSignal, stack, parentTid, childTid, entry, out var made);
        if (result != Errno.None) return result;
        if ((flags & CloneFlags.Vfork) == 0) return made!.Pid;
        made!.VforkParent = task;
        task.Call.Subject = made;
        return Result.Wait(null, Interruption.Killable);
    }
}
