using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Waiting for any of many files: epoll_create(2), epoll_ctl(2), epoll_wait(2), epoll_pwait(2), epoll_pwait2(2).</summary>
internal static class EpollCalls
{
    internal static readonly Syscall[] Table =
    [
        new(254, "epoll_create", Create, Support.Full),
        new(255, "epoll_ctl", Control, Support.Full),
        new(256, "epoll_wait", Wait, Support.Full),
        new(319, "epoll_pwait", WaitMasked, Support.Full),
        new(329, "epoll_create1", CreateFlagged, Support.Full),
        new(441, "epoll_pwait2", WaitMaskedLong, Support.Full),
    ];

    const uint AddOperation = 1, DeleteOperation = 2, ModifyOperation = 3;

    static Result Create(Task task, in CallArguments a) => (int)a[0] <= 0 ? Errno.EINVAL : task.AddFile(new EpollFile(task.Machine.Tree), false);

    static Result CreateFlagged(Task task, in CallArguments a) =>
        (a[0] & ~(uint)OpenFlags.CloseOnExec) != 0 ? Errno.EINVAL : task.AddFile(new EpollFile(task.Machine.Tree), a[0] != 0);

    static Result Control(Task task, in CallArguments a)
    {
        uint events = 0;
        ulong data = 0;
        if (a[1] != DeleteOperation && (!task.AddressSpace!.TryRead(a[3], out events) || !task.AddressSpace.TryRead(a[3] + 4, out data))) return Errno.EFAULT;
        var error = task.GetRealFile(a[0], out var watcher);
        if (error != Errno.None) return error;
        error = task.GetRealFile(a[2], out var file);
        if (error != Errno.None) return error;
        if (!file.CanPoll) return Errno.EPERM;
        if (ReferenceEquals(watcher, file) || watcher is not EpollFile epoll) return Errno.EINVAL;
        return a[1] switch
        {
            AddOperation => epoll.Add(file, (int)a[2], events, data),
            DeleteOperation => epoll.Delete(file, (int)a[2]),
            ModifyOperation => epoll.Modify(file, (int)a[2], events, data),
            _ => Errno.EINVAL,
        };
    }

    static Result Wait(Task task, in CallArguments a)
    {
        if ((int)a[3] >= 0) task.SetDeadline(task.Machine.Clock.Now + (int)a[3] * 1_000_000L);
        return WaitHere(task, a);
    }

    static Result WaitMasked(Task task, in CallArguments a)
    {
        if (!task.Call.IsRetry && a[4] != 0 && PollCalls.SwapMask(task, a[4], a[5]) is var error && error != Errno.None) return error;
        return End(task, Wait(task, a));
    }

    static Result WaitMaskedLong(Task task, in CallArguments a)
    {
        if (!task.Call.IsRetry)
        {
            if (a[3] != 0)
            {
                var error = TimeAbi.Read(task, a[3], RemainderKind.Timespec64, out long length);
                if (error != Errno.None) return error;
                if (length != SystemCallState.Never) task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, length));
            }
            if (a[4] != 0 && PollCalls.SwapMask(task, a[4], a[5]) is var failure && failure != Errno.None) return failure;
        }
        return End(task, WaitHere(task, a));
    }

    static Result WaitHere(Task task, in CallArguments a)
    {
        int most = (int)a[2];
        if (most is <= 0 or > int.MaxValue / EpollFile.EventSize) return Errno.EINVAL;
        if (a[1] > AddressSpace.UserEnd || (uint)most * EpollFile.EventSize > AddressSpace.UserEnd - a[1]) return Errno.EFAULT;
        var error = task.GetRealFile(a[0], out var file);
        if (error != Errno.None) return error;
        if (file is not EpollFile epoll) return Errno.EINVAL;
        int told = epoll.Collect(task.AddressSpace!, a[1], most);
        return told != 0 || task.IsPastDeadline ? told : Result.Wait(epoll.Readable, Interruption.Interrupted);
    }

    /// <summary>The old mask comes back at once, also when the other let a signal through that has not been delivered.</summary>
    static Result End(Task task, in Result result)
    {
        if (!result.IsWait) task.RestoreMask();
        return result;
    }
}
