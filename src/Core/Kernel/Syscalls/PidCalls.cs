using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Proc;
using CheckpointRestart.Core.Kernel.Ptrace;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Processes by descriptor: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).</summary>
internal static class PidCalls
{
    internal static readonly Syscall[] Table =
    [
        new(424, "pidfd_send_signal", SendSignal, Support.Full),
        new(434, "pidfd_open", Open, Support.Full),
        new(438, "pidfd_getfd", GetDescriptor, Support.Full),
    ];

    static Result Open(Task task, in CallArguments a)
    {
        if ((a[1] & ~(uint)OpenFlags.NonBlock) != 0 || (int)a[0] <= 0) return Errno.EINVAL;
        var target = task.Machine.FindTask((int)a[0]);
        if (target == null) return Errno.ESRCH;
        if (!ReferenceEquals(target.Group.Leader, target)) return Errno.EINVAL;
        return Add(task, new PidFile(target.Group, OpenFlags.ReadWrite | (OpenFlags)a[1]));
    }

    /// <summary>Gives a new file a descriptor that execve(2) closes.</summary>
    static Result Add(Task task, OpenFile file)
    {
        return task.AddFile(file, closeOnExec: true);
    }

    static Result SendSignal(Task task, in CallArguments a)
    {
        if (a[3] != 0) return Errno.EINVAL;
        if (ProcessOf(task.Files![(int)a[0]]) is not { } target) return Errno.EBADF;
        SignalInfo info;
        if (a[2] != 0)
        {
            Span<byte> bytes = stackalloc byte[SignalInfo.Size];
            if (!task.AddressSpace!.Read(a[2], bytes)) return Errno.EFAULT;
            info = SignalInfo.Read(bytes);
            if ((uint)info.Signal != a[1]) return Errno.EINVAL;
            if (!ReferenceEquals(target, task.Group) && (info.Code >= 0 || info.Code == SignalCode.ThreadKill)) return Errno.EPERM;
        }
        else
        {
            info = SignalInfo.FromTask((Signal)a[1], SignalCode.User, task.Tgid, (int)task.Credentials.Uid);
        }
        if (a[1] > (uint)Signal.Last) return Errno.EINVAL;
        if (target.Leader.State == TaskState.Dead) return Errno.ESRCH;
        return SignalCalls.Send(task, target, null, info);
    }

    /// <summary>Sending a signal takes a directory /proc/pid for a pidfd, too.</summary>
    static ThreadGroup? ProcessOf(OpenFile? file) => file switch
    {
        PidFile pid => pid.Process,
        { Inode: ProcDirectoryInode { Directory: ProcTask { Process: { } process } } } => process,
        _ => null,
    };

    static Result GetDescriptor(Task task, in CallArguments a)
    {
        if (a[2] != 0) return Errno.EINVAL;
        if (task.Files![(int)a[0]] is not PidFile file) return Errno.EBADF;
        var target = file.Process.Threads.Count > 0 ? file.Process.Threads[0] : null;
        if (target?.Files == null) return Errno.ESRCH;
        if (!TaskAccess.MayInspect(task, target, byRealIds: true)) return Errno.EPERM;
        if (target.Files[(int)a[1]] is not { } found) return Errno.EBADF;
        found.AddReference();
        return Add(task, found);
    }
}
