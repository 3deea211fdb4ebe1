using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Ipc;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Message queues of POSIX: mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2) (Linux: ipc/mqueue.c).</summary>
internal static class PosixQueueCalls
{
    internal static readonly Syscall[] Table =
    [
        new(277, "mq_open", Open, Support.Full),
        new(278, "mq_unlink", Unlink, Support.Full),
        new(279, "mq_timedsend", Send, Support.Full),
        new(280, "mq_timedreceive", Receive, Support.Full),
        new(281, "mq_notify", Notify, Support.Partial, "SIGEV_THREAD gives EBADF: it needs a netlink socket"),
        new(282, "mq_getsetattr", GetSetAttributes, Support.Full),
        new(418, "mq_timedsend_time64", SendLong, Support.Full),
        new(419, "mq_timedreceive_time64", ReceiveLong, Support.Full),
    ];

    const int LongestName = 255;

    static Errno ReadName(Task task, uint address, out string name)
    {
        var error = task.ReadPath(address, out name);
        return error != Errno.None ? error
            : name.Length == 0 ? Errno.ENOENT
            : GuestText.ToBytes(name).Length > LongestName ? Errno.ENAMETOOLONG
            : name is "." or ".." || name.Contains('/', StringComparison.Ordinal) ? Errno.EACCES
            : Errno.None;
    }

    static Result Open(Task task, in CallArguments a)
    {
        var state = task.Machine.PosixQueues;
        var flags = (OpenFlags)a[1];
        int maximum = Math.Min(state.MaximumDefault, state.MaximumMost), size = Math.Min(state.SizeDefault, state.SizeMost);
        bool creates = (flags & OpenFlags.Create) != 0;
        if (a[3] != 0 && (!task.AddressSpace!.TryRead(a[3] + 4, out maximum) || !task.AddressSpace.TryRead(a[3] + 8, out size))) return Errno.EFAULT;
        var error = ReadName(task, a[0], out string name);
        if (error != Errno.None) return error;
        var dentry = state.Find(name);
        if (dentry == null)
        {
            if (!creates) return Errno.ENOENT;
            error = state.Create(task, name, a[2] & 0x1FF & ~task.FileSystem!.Umask, maximum, size, out dentry);
            if (error != Errno.None) return error;
        }
        else
        {
            if (creates && (flags & OpenFlags.Exclusive) != 0) return Errno.EEXIST;
            if ((flags & OpenFlags.AccessMode) == OpenFlags.AccessMode) return Errno.EINVAL;
            if (!Allows(task, dentry.Inode, flags)) return Errno.EACCES;
        }
        var result = dentry!.Inode.Open(dentry, flags & (OpenFlags.AccessMode | OpenFlags.NonBlock), out var file);
        return result.IsError ? result.Errno : task.AddFile(file!, closeOnExec: true);
    }

    static bool Allows(Task task, Inode inode, OpenFlags flags)
    {
        var c = task.Credentials;
        uint wanted = (flags & OpenFlags.AccessMode) switch { OpenFlags.ReadOnly => 4u, OpenFlags.WriteOnly => 2u, _ => 6u };
        int shift = c.EffectiveUid == inode.Uid ? 6 : c.EffectiveGid == inode.Gid || Array.IndexOf(c.Groups, inode.Gid) >= 0 ? 3 : 0;
        return c.IsPrivileged || (inode.Mode >> shift & wanted) == wanted;
    }

    static Result Unlink(Task task, in CallArguments a)
    {
        var error = ReadName(task, a[0], out string name);
        if (error != Errno.None) return error;
        if (task.Machine.PosixQueues.Find(name) is not { } dentry) return Errno.ENOENT;
        // The directory of queues is sticky.
        if (!task.Credentials.IsPrivileged && task.Credentials.EffectiveUid != dentry.Inode.Uid) return Errno.EPERM;
        task.Machine.PosixQueues.Unlink(name);
        return 0;
    }

    static Errno Find(Task task, uint descriptor, FMode mode, out PosixQueueFile file)
    {
        var error = task.GetFile(descriptor, out var found);
        file = (found as PosixQueueFile)!;
        return error != Errno.None ? error : file == null || (file.Mode & mode) != mode ? Errno.EBADF : Errno.None;
    }

    /// <summary>The deadline is a point in realtime.</summary>
    static Errno SetDeadline(Task task, uint address, RemainderKind layout)
    {
        if (address == 0 || task.Call.IsRetry) return Errno.None;
        var error = TimeAbi.Read(task, address, layout, out long time);
        if (error == Errno.None && time != SystemCallState.Never) task.SetDeadline(time - task.Machine.Clock.RealtimeOffset);
        return error;
    }

    static Result Send(Task task, in CallArguments a) => Send(task, a, RemainderKind.Timespec32);

    static Result SendLong(Task task, in CallArguments a) => Send(task, a, RemainderKind.Timespec64);

    static Result Send(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = SetDeadline(task, a[4], layout);
        if (error != Errno.None) return error;
        if (a[3] >= PosixQueues.Priorities) return Errno.EINVAL;
        error = Find(task, a[0], FMode.Write, out var file);
        if (error != Errno.None) return error;
        var queue = file.Queue;
        if (a[2] > (uint)queue.MessageSize) return Errno.EMSGSIZE;
        if (a[2] > IpcState.MemoryLimit - task.Machine.Ipc.Memory) return Errno.ENOMEM;
        var bytes = new byte[a[2]];
        if (!task.AddressSpace!.Read(a[1], bytes)) return Errno.EFAULT;
        if (queue.Count >= queue.Maximum)
            return (file.Flags & OpenFlags.NonBlock) != 0 ? Errno.EAGAIN : task.IsPastDeadline ? Errno.ETIMEDOUT : Result.Wait(queue.Senders);
        if (!task.Machine.Ipc.TryCharge(bytes.Length + Message.Overhead)) return Errno.ENOMEM;
        queue.Put(task, a[3], bytes);
        return 0;
    }

    static Result Receive(Task task, in CallArguments a) => Receive(task, a, RemainderKind.Timespec32);

    static Result ReceiveLong(Task task, in CallArguments a) => Receive(task, a, RemainderKind.Timespec64);

    static Result Receive(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = SetDeadline(task, a[4], layout);
        if (error != Errno.None) return error;
        error = Find(task, a[0], FMode.Read, out var file);
        if (error != Errno.None) return error;
        var queue = file.Queue;
        if (a[2] < (uint)queue.MessageSize) return Errno.EMSGSIZE;
        if (queue.Count == 0)
            return (file.Flags & OpenFlags.NonBlock) != 0 ? Errno.EAGAIN : task.IsPastDeadline ? Errno.ETIMEDOUT : Result.Wait(queue.Receivers);
        var (priority, bytes) = queue.Take();
        if (a[3] != 0 && !task.AddressSpace!.TryWrite(a[3], priority)) return Errno.EFAULT;
        return task.AddressSpace!.Write(a[1], bytes) ? bytes.Length : Errno.EFAULT;
    }

    static Result Notify(Task task, in CallArguments a)
    {
        const int bySignal = 0, byNothing = 1, byThread = 2;
        uint value = 0;
        int signal = 0, kind = byNothing;
        if (a[1] != 0)
        {
            var memory = task.AddressSpace!;
            if (!memory.TryRead(a[1], out value) || !memory.TryRead(a[1] + 4, out signal) || !memory.TryRead(a[1] + 8, out kind)) return Errno.EFAULT;
            if (kind is not (bySignal or byNothing or byThread) || (kind == bySignal && signal is <= 0 or > (int)Signal.Last)) return Errno.EINVAL;
            if (kind == byThread) return Errno.EBADF;
        }
        var error = Find(task, a[0], FMode.None, out var file);
        if (error != Errno.None) return error;
        if (a[1] == 0) file.Queue.StopListening(task.Group);
        else if (!file.Queue.Listen(task.Group, kind == bySignal ? (Signal)signal : Signal.None, value)) return Errno.EBUSY;
        return 0;
    }

    static Result GetSetAttributes(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        uint flags = 0;
        if (a[1] != 0)
        {
            if (!memory.TryRead(a[1], out flags)) return Errno.EFAULT;
            if ((flags & ~(uint)OpenFlags.NonBlock) != 0) return Errno.EINVAL;
        }
        var error = Find(task, a[0], FMode.None, out var file);
        if (error != Errno.None) return error;
        var queue = file.Queue;
        var old = IpcLayout.Of((uint)(file.Flags & OpenFlags.NonBlock), (uint)queue.Maximum, (uint)queue.MessageSize, (uint)queue.Count, 0, 0, 0, 0);
        if (a[1] != 0) file.SetFlags((file.Flags & ~OpenFlags.NonBlock) | (OpenFlags)flags);
        return a[2] == 0 || memory.Write(a[2], old) ? 0 : Errno.EFAULT;
    }
}
