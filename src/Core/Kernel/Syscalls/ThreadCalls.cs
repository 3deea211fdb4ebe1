using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>What a thread tells the kernel of itself: set_tid_address(2), set_robust_list(2), prctl(2), rseq(2), unshare(2).</summary>
internal static class ThreadCalls
{
    internal static readonly Syscall[] Table =
    [
        new(172, "prctl", Control, Support.Partial, "names, death signal, dumpable, no new privileges, subreaper, timer slack; others EINVAL"),
        new(258, "set_tid_address", SetTidAddress, Support.Full),
        new(310, "unshare", Unshare, Support.Partial, "CLONE_FILES, CLONE_FS, CLONE_SYSVSEM; namespaces EPERM"),
        new(311, "set_robust_list", SetRobustList, Support.Full),
        new(312, "get_robust_list", GetRobustList, Support.Full),
        new(386, "rseq", NoRestartableSequences, Support.Refused, "ENOSYS: a C library then does without"),
    ];

    const uint RobustListSize = 12;

    static Result NoRestartableSequences(Task task, in CallArguments a) => Errno.ENOSYS;

    static Result SetTidAddress(Task task, in CallArguments a)
    {
        task.ClearChildTid = a[0];
        return task.Pid;
    }

    static Result SetRobustList(Task task, in CallArguments a)
    {
        if (a[1] != RobustListSize) return Errno.EINVAL;
        task.RobustList = (a[0], a[1]);
        return 0;
    }

    static Result GetRobustList(Task task, in CallArguments a)
    {
        var target = a[0] == 0 ? task : task.Machine.FindTask((int)a[0]);
        if (target == null) return Errno.ESRCH;
        return task.AddressSpace!.TryWrite(a[2], RobustListSize) && task.AddressSpace.TryWrite(a[1], target.RobustList.Head) ? 0 : Errno.EFAULT;
    }

    static Result Unshare(Task task, in CallArguments a)
    {
        var flags = (CloneFlags)a[0];
        if ((flags & CloneFlags.Namespaces) != 0) return Errno.EPERM;
        if ((flags & ~(CloneFlags.Files | CloneFlags.FileSystem | CloneFlags.SystemVSemaphores)) != 0) return Errno.EINVAL;
        if ((flags & CloneFlags.Files) != 0 && task.Files!.Users > 1)
        {
            var own = task.Files.Copy();
            task.Files.DropUser();
            task.Files = own;
        }
        if ((flags & CloneFlags.FileSystem) != 0 && task.FileSystem!.Users > 1)
        {
            task.FileSystem.Users--;
            task.FileSystem = task.FileSystem.Copy();
        }
        if ((flags & CloneFlags.SystemVSemaphores) != 0)
        {
            task.SemaphoreUndo?.DropUser(task);
            task.SemaphoreUndo = null;
        }
        return 0;
    }

    static Result Control(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        var group = task.Group;
        switch (a[0])
        {
            case 1:
                if (a[1] > (uint)Signal.Last) return Errno.EINVAL;
                task.ParentDeathSignal = (Signal)a[1];
                return 0;
            case 2: return memory.TryWrite(a[1], (int)task.ParentDeathSignal) ? 0 : Errno.EFAULT;
            case 3: return group.Dumpable;
            case 4:
                if (a[1] > 1) return Errno.EINVAL;
                group.Dumpable = (int)a[1];
                return 0;
            case 7: return (task.Credentials.Secure & SecureBits.KeepCapabilities) != 0 ? 1 : 0;
            case 8: return CapabilityCalls.SetKeep(task, a[1]);
            case 15:
                var error = memory.ReadString(a[1], Task.CommLength, out var name);
                if (error == Errno.ENAMETOOLONG)
                {
                    name = new byte[Task.CommLength - 1];
                    memory.Read(a[1], name);
                }
                else if (error != Errno.None)
                {
                    return error;
                }
                task.SetComm(name);
                return 0;
            case 16: return memory.Write(a[1], task.CommBytes) ? 0 : Errno.EFAULT;
            case 21: return 0;
            case 23: return CapabilityCalls.ReadBounding(task, a[1]);
            case 24: return CapabilityCalls.DropBounding(task, a[1]);
            case 25: return memory.TryWrite(a[1], 1) ? 0 : Errno.EFAULT;
            case 27: return (uint)task.Credentials.Secure;
            case 28: return CapabilityCalls.SetSecureBits(task, a[1]);
            case 29: return 0;
            case 30: return 50_000;
            case 36:
                group.IsSubreaper = a[1] != 0;
                return 0;
            case 37: return memory.TryWrite(a[1], group.IsSubreaper ? 1 : 0) ? 0 : Errno.EFAULT;
            case 38:
                if (a[1] != 1 || a[2] != 0 || a[3] != 0 || a[4] != 0) return Errno.EINVAL;
                group.NoNewPrivileges = true;
                return 0;
            case 39: return group.NoNewPrivileges ? 1 : 0;
            case 47: return CapabilityCalls.ChangeAmbient(task, a);
            default: return Errno.EINVAL;
        }
    }
}
