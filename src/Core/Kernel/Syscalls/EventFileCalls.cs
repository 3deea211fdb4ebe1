using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Events;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Events as descriptors: eventfd(2), signalfd(2), timerfd_create(2), timerfd_settime(2), timerfd_gettime(2).</summary>
internal static class EventFileCalls
{
    internal static readonly Syscall[] Table =
    [
        new(321, "signalfd", SignalDescriptor, Support.Full),
        new(322, "timerfd_create", TimerDescriptor, Support.Full),
        new(323, "eventfd", EventDescriptor, Support.Full),
        new(325, "timerfd_settime", SetTimer, Support.Full),
        new(326, "timerfd_gettime", GetTimer, Support.Full),
        new(327, "signalfd4", SignalDescriptorFlagged, Support.Full),
        new(328, "eventfd2", EventDescriptorFlagged, Support.Full),
        new(410, "timerfd_gettime64", GetTimerLong, Support.Full),
        new(411, "timerfd_settime64", SetTimerLong, Support.Full),
    ];

    const uint Semaphore = 1;
    const OpenFlags Common = OpenFlags.CloseOnExec | OpenFlags.NonBlock;

    static Result EventDescriptor(Task task, in CallArguments a) => EventDescriptor(task, a[0], 0);

    static Result EventDescriptorFlagged(Task task, in CallArguments a) => EventDescriptor(task, a[0], a[1]);

    static Result EventDescriptor(Task task, uint count, uint flags)
    {
        if ((flags & ~(Semaphore | (uint)Common)) != 0) return Errno.EINVAL;
        var file = new EventFile(task.Machine.Tree, count, (flags & Semaphore) != 0, (OpenFlags)flags & OpenFlags.NonBlock);
        return task.AddFile(file, ((OpenFlags)flags & OpenFlags.CloseOnExec) != 0);
    }

    static Result SignalDescriptor(Task task, in CallArguments a) => SignalDescriptor(task, a[0], a[1], a[2], 0);

    static Result SignalDescriptorFlagged(Task task, in CallArguments a) => SignalDescriptor(task, a[0], a[1], a[2], (OpenFlags)a[3]);

    static Result SignalDescriptor(Task task, uint descriptor, uint address, uint size, OpenFlags flags)
    {
        if (size != 8) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(address, out ulong bits)) return Errno.EFAULT;
        if ((flags & ~Common) != 0) return Errno.EINVAL;
        var mask = new SignalSet(bits) & ~SignalSet.Unblockable;
        if (descriptor == uint.MaxValue) return task.AddFile(new SignalFile(task.Machine, mask, flags & OpenFlags.NonBlock), (flags & OpenFlags.CloseOnExec) != 0);
        var error = task.GetRealFile(descriptor, out var file);
        if (error != Errno.None) return error;
        if (file is not SignalFile signals) return Errno.EINVAL;
        signals.SetMask(mask);
        return descriptor;
    }

    static Result TimerDescriptor(Task task, in CallArguments a)
    {
        var flags = (OpenFlags)a[1];
        if ((flags & ~Common) != 0 || a[0] is not (0 or 1 or 7 or 8 or 9)) return Errno.EINVAL;
        if (a[0] is 8 or 9 && !task.Credentials.IsPrivileged) return Errno.EPERM;
        return task.AddFile(new TimerFile(task.Machine, a[0], flags & OpenFlags.NonBlock), (flags & OpenFlags.CloseOnExec) != 0);
    }

    static Errno FindTimer(Task task, uint descriptor, out TimerFile timer)
    {
        timer = null!;
        var error = task.GetRealFile(descriptor, out var file);
        if (error != Errno.None) return error;
        if (file is not TimerFile found) return Errno.EINVAL;
        timer = found;
        return Errno.None;
    }

    static Result SetTimer(Task task, in CallArguments a) => SetTimer(task, a, RemainderKind.Timespec32);

    static Result SetTimerLong(Task task, in CallArguments a) => SetTimer(task, a, RemainderKind.Timespec64);

    static Result SetTimer(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = TimeAbi.ReadPair(task, a[2], layout, out long interval, out long value);
        if (error != Errno.None) return error;
        if ((a[1] & ~(TimerFile.Absolute | TimerFile.CancelOnSet)) != 0) return Errno.EINVAL;
        error = FindTimer(task, a[0], out var timer);
        if (error != Errno.None) return error;
        var old = timer.Set(value, interval, a[1]);
        return a[3] == 0 || TimeAbi.WritePair(task, a[3], layout, old.Interval, old.Left) ? 0 : Errno.EFAULT;
    }

    static Result GetTimer(Task task, in CallArguments a) => GetTimer(task, a, RemainderKind.Timespec32);

    static Result GetTimerLong(Task task, in CallArguments a) => GetTimer(task, a, RemainderKind.Timespec64);

    static Result GetTimer(Task task, in CallArguments a, RemainderKind layout)
    {
        var error = FindTimer(task, a[0], out var timer);
        if (error != Errno.None) return error;
        var now = timer.Get();
        return TimeAbi.WritePair(task, a[1], layout, now.Interval, now.Left) ? 0 : Errno.EFAULT;
    }
}
