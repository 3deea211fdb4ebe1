using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>What a thread tells the kernel of itself: set_tid_address(2), set_robust_list(2), rseq(2), unshare(2).</summary>
internal static class ThreadCalls
{
    internal static readonly Syscall[] Table =
    [
        new(258, "set_tid_address", SetTidAddress, Support.Full),
        new(310, "unshare", Unshare, Support.Partial, "CLONE_FILES, CLONE_FS, CLONE_SYSVSEM; namespaces EPERM"),
        new(311, "set_robust_list", SetRobustList, Support.Full),
        new(312, "get_robust_list", GetRobustList, Support.Full),
        new(386, "rseq", RegisterSequence, Support.Full),
    ];

    const uint RobustListSize = 12;

    static Result RegisterSequence(Task task, in CallArguments a)
    {
        const uint unregister = 1;
        var (address, length, flags, signature) = (a[0], a[1], a[2], a[3]);
        var old = task.Sequence;
        if ((flags & unregister) != 0)
        {
            if (flags != unregister || old.Address == 0 || old.Address != address || length != RestartableSequence.Size) return Errno.EINVAL;
            if (old.Signature != signature) return Errno.EPERM;
            if (!old.End(task.AddressSpace!)) return Errno.EFAULT;
            task.Sequence = default;
            return 0;
        }
        if (flags != 0) return Errno.EINVAL;
        if (old.Address != 0) return old.Address != address || length != RestartableSequence.Size ? Errno.EINVAL : old.Signature != signature ? Errno.EPERM : Errno.EBUSY;
        if (address % RestartableSequence.Size != 0 || length != RestartableSequence.Size) return Errno.EINVAL;
        if (address > AddressSpace.UserEnd - RestartableSequence.Size) return Errno.EFAULT;
        task.Sequence = new(address, signature);
        if (!task.Sequence.Begin(task.AddressSpace!)) Machine.Force(task, SignalInfo.FromKernel(Signal.SIGSEGV));
        return 0;
    }

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
}
