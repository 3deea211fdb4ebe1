using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Making and ending tasks: fork(2), vfork(2), clone(2), clone3(2), exit(2), exit_group(2).</summary>
internal static class ProcessCalls
{
    internal static readonly Syscall[] Table =
    [
        new(1, "exit", Exit, Support.Full),
        new(2, "fork", Fork, Support.Full),
        new(120, "clone", Clone, Support.Full, "namespaces EPERM"),
        new(190, "vfork", Vfork, Support.Full),
        new(252, "exit_group", ExitGroup, Support.Full),
        new(435, "clone3", Clone3, Support.Full, "as clone; CLONE_INTO_CGROUP EBADF: there are no control groups"),
    ];

    static Result Exit(Task task, in CallArguments a)
    {
        Exits.EndByTask(task, (int)(a[0] & 0xFF) << 8, isGroup: false);
        return Result.Wait(null, Interruption.Killable);
    }

    static Result ExitGroup(Task task, in CallArguments a)
    {
        Exits.EndByTask(task, (int)(a[0] & 0xFF) << 8, isGroup: true);
        return Result.Wait(null, Interruption.Killable);
    }

    static Result Fork(Task task, in CallArguments a) => Clone(task, new CloneRequest(CloneFlags.None, Signal.SIGCHLD, 0, 0, 0, 0), 0);

    static Result Vfork(Task task, in CallArguments a) => Clone(task, new CloneRequest(CloneFlags.Vfork | CloneFlags.Vm, Signal.SIGCHLD, 0, 0, 0, 0), 0);

    static Result Clone(Task task, in CallArguments a)
    {
        var flags = (CloneFlags)a[0] & ~CloneFlags.ExitSignalMask;
        // One address serves both.
        if ((flags & (CloneFlags.PidDescriptor | CloneFlags.ParentSetTid)) == (CloneFlags.PidDescriptor | CloneFlags.ParentSetTid)) return Errno.EINVAL;
        var signal = (Signal)(a[0] & (uint)CloneFlags.ExitSignalMask);
        return signal > Signal.Last ? Errno.EINVAL : Clone(task, new CloneRequest(flags, signal, a[1], a[2], a[4], a[2]), a[3]);
    }

    static Result Clone3(Task task, in CallArguments a)
    {
        const uint smallest = 64, known = 88;
        const ulong clearHandlers = 1ul << 32, intoCgroup = 1ul << 33;
        var memory = task.AddressSpace!;
        if (a[1] > 4096) return Errno.E2BIG;
        if (a[1] < smallest) return Errno.EINVAL;
        // flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup
        Span<ulong> fields = stackalloc ulong[11];
        fields.Clear();
        for (uint i = 0; i < Math.Min(a[1], known) / 8; i++)
            if (!memory.TryRead(a[0] + i * 8, out fields[(int)i])) return Errno.EFAULT;
        for (uint at = known; at < a[1]; at++)
        {
            if (!memory.TryRead(a[0] + at, out byte more)) return Errno.EFAULT;
            if (more != 0) return Errno.E2BIG;
        }
        if (fields[9] > 32 || (fields[8] == 0) != (fields[9] == 0)) return Errno.EINVAL;
        if ((fields[4] & ~0xFFul) != 0 || fields[4] > (uint)Signal.Last) return Errno.EINVAL;
        if ((fields[0] & intoCgroup) != 0 && (fields[10] > int.MaxValue || a[1] < known)) return Errno.EINVAL;
        int pid = 0;
        if (fields[9] != 0)
        {
            // One namespace of pids, so one number.
            if (!memory.TryRead((uint)fields[8], out pid)) return Errno.EFAULT;
        }
        var flags = (CloneFlags)(uint)fields[0];
        if ((fields[0] & ~(uint.MaxValue | clearHandlers | intoCgroup)) != 0) return Errno.EINVAL;
        if ((flags & (CloneFlags.Detached | CloneFlags.ExitSignalMask)) != 0) return Errno.EINVAL;
        bool clears = (fields[0] & clearHandlers) != 0;
        if (clears && (flags & CloneFlags.Handlers) != 0) return Errno.EINVAL;
        if ((flags & (CloneFlags.Thread | CloneFlags.SameParent)) != 0 && fields[4] != 0) return Errno.EINVAL;
        if ((fields[5] == 0) != (fields[6] == 0) || fields[5] + fields[6] > Memory.AddressSpace.UserEnd) return Errno.EINVAL;
        if ((fields[0] & intoCgroup) != 0) return Errno.EBADF;
        if (fields[9] > 1 || (fields[9] == 1 && pid is < 1 or >= Machine.MaximumPid)) return Errno.EINVAL;
        if (pid != 0 && !task.Credentials.IsPrivileged && !task.Credentials.Has(Capability.CheckpointRestore)) return Errno.EPERM;
        var request = new CloneRequest(flags, (Signal)fields[4], (uint)(fields[5] + fields[6]), (uint)fields[3], (uint)fields[2], (uint)fields[1]) { ClearHandlers = clears, Pid = pid };
        return Clone(task, request, (uint)fields[7]);
    }

    /// <summary>Run again with the child in <see cref="SystemCallState.Subject"/> when the tracer has seen it, when the vfork is over, and when the tracer has seen that.</summary>
    static Result Clone(Task task, in CloneRequest request, uint tls)
    {
        if (task.Call.Subject is Task known) return Finish(task, known);
        var given = request;
        if ((request.Flags & CloneFlags.SetTls) != 0)
        {
            var error = SegmentCalls.ReadTls(task, tls, out var parsed);
            if (error != Errno.None) return error;
            given = request with { Tls = parsed };
        }
        var result = Forks.Clone(task, given, out var child);
        if (result != Errno.None) return result;
        bool isVfork = (request.Flags & CloneFlags.Vfork) != 0;
        if (isVfork) child!.VforkParent = task;
        task.Call.Scratch0 = isVfork ? 1u : 0;
        if ((request.Flags & CloneFlags.Untraced) == 0 && TraceStops.AtEvent(task, Forks.EventOf(request), (uint)child!.Pid))
        {
            task.Call.Subject = child;
            return Result.Wait(null, Interruption.Killable);
        }
        if (!isVfork) return child!.Pid;
        task.Call.Subject = child;
        return Finish(task, child!);
    }

    static Result Finish(Task task, Task child)
    {
        if (task.Call.Scratch0 == 0) return child.Pid;
        if (ReferenceEquals(child.VforkParent, task)) return Result.Wait(null, Interruption.Killable);
        task.Call.Scratch0 = 0;
        return TraceStops.AtEvent(task, TraceEvent.VforkDone, (uint)child.Pid) ? Result.Wait(null, Interruption.Killable) : child.Pid;
    }
}
