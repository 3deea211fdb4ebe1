using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Actions, masks and waiting for signals: sigaction(2), sigprocmask(2), sigpending(2), sigsuspend(2), sigtimedwait(2), pause(2).</summary>
internal static class SignalMaskCalls
{
    internal static readonly Syscall[] Table =
    [
        new(29, "pause", Pause, Support.Full),
        new(48, "signal", SetSimple, Support.Full),
        new(67, "sigaction", SetActionOld, Support.Full),
        new(68, "sgetmask", GetMaskOld, Support.Full),
        new(69, "ssetmask", SetMaskOld, Support.Full),
        new(72, "sigsuspend", SuspendOld, Support.Full),
        new(73, "sigpending", PendingOld, Support.Full),
        new(126, "sigprocmask", ChangeMaskOld, Support.Full),
        new(174, "rt_sigaction", SetAction, Support.Full),
        new(175, "rt_sigprocmask", ChangeMask, Support.Full),
        new(176, "rt_sigpending", Pending, Support.Full),
        new(177, "rt_sigtimedwait", TimedWait, Support.Full),
        new(179, "rt_sigsuspend", Suspend, Support.Full),
        new(421, "rt_sigtimedwait_time64", TimedWaitLong, Support.Full),
    ];

    static Result Pause(Task task, in CallArguments a) => Result.Wait(null, Interruption.NoHandler);

    static Result Suspend(Task task, in CallArguments a)
    {
        if (task.Call.IsRetry) return Result.Wait(null, Interruption.NoHandler);
        if (a[1] != 8) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[0], out ulong mask)) return Errno.EFAULT;
        task.SwapMask(new(mask));
        return Result.Wait(null, Interruption.NoHandler);
    }

    static Result SuspendOld(Task task, in CallArguments a)
    {
        if (!task.Call.IsRetry) task.SwapMask(new(a[2]));
        return Result.Wait(null, Interruption.NoHandler);
    }

    static Result SetSimple(Task task, in CallArguments a)
    {
        uint old = a[0] is >= 1 and <= 64 ? task.Handlers[(Signal)a[0]].Handler : 0;
        var error = Install(task, a[0], new(a[1], SignalActionFlags.ResetHandler | SignalActionFlags.NoDefer, 0, default));
        return error != Errno.None ? error : old;
    }

    static Result SetActionOld(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        var old = a[0] is >= 1 and <= 64 ? task.Handlers[(Signal)a[0]] : default;
        if (a[1] != 0)
        {
            if (!memory.TryRead(a[1], out uint handler) || !memory.TryRead(a[1] + 4, out uint mask) || !memory.TryRead(a[1] + 8, out uint flags) || !memory.TryRead(a[1] + 12, out uint restorer)) return Errno.EFAULT;
            var error = Install(task, a[0], new(handler, (SignalActionFlags)flags, restorer, new(mask)));
            if (error != Errno.None) return error;
        }
        else if (a[0] is < 1 or > 64)
        {
            return Errno.EINVAL;
        }
        if (a[2] == 0) return 0;
        return memory.TryWrite(a[2], old.Handler) && memory.TryWrite(a[2] + 4, (uint)old.Mask.Bits) && memory.TryWrite(a[2] + 8, (uint)old.Flags) && memory.TryWrite(a[2] + 12, old.Restorer) ? 0 : Errno.EFAULT;
    }

    static Result SetAction(Task task, in CallArguments a)
    {
        if (a[3] != 8) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        var old = a[0] is >= 1 and <= 64 ? task.Handlers[(Signal)a[0]] : default;
        if (a[1] != 0)
        {
            if (!memory.TryRead(a[1], out uint handler) || !memory.TryRead(a[1] + 4, out uint flags) || !memory.TryRead(a[1] + 8, out uint restorer) || !memory.TryRead(a[1] + 12, out ulong mask)) return Errno.EFAULT;
            var error = Install(task, a[0], new(handler, (SignalActionFlags)flags, restorer, new(mask)));
            if (error != Errno.None) return error;
        }
        else if (a[0] is < 1 or > 64)
        {
            return Errno.EINVAL;
        }
        if (a[2] == 0) return 0;
        return memory.TryWrite(a[2], old.Handler) && memory.TryWrite(a[2] + 4, (uint)old.Flags) && memory.TryWrite(a[2] + 8, old.Restorer) && memory.TryWrite(a[2] + 12, old.Mask.Bits) ? 0 : Errno.EFAULT;
    }

    static Errno Install(Task task, uint number, SignalAction action)
    {
        const SignalActionFlags known = SignalActionFlags.NoChildStop | SignalActionFlags.NoChildWait | SignalActionFlags.SignalInfo | SignalActionFlags.Restorer
            | SignalActionFlags.OnStack | SignalActionFlags.Restart | SignalActionFlags.NoDefer | SignalActionFlags.ResetHandler | SignalActionFlags.ExposeTagBits;
        var signal = (Signal)number;
        if (number is < 1 or > 64 || SignalSet.Unblockable.Contains(signal)) return Errno.EINVAL;
        task.Handlers[signal] = action with { Mask = action.Mask & ~SignalSet.Unblockable, Flags = action.Flags & known };
        // What is ignored from now on no longer waits.
        if (!task.Handlers.Ignores(signal)) return Errno.None;
        task.Group.Pending.Remove(SignalSet.Of(signal));
        foreach (var thread in task.Group.Threads) thread.Pending.Remove(SignalSet.Of(signal));
        return Errno.None;
    }

    static Result GetMaskOld(Task task, in CallArguments a) => (uint)task.BlockedSignals.Bits;

    static Result SetMaskOld(Task task, in CallArguments a)
    {
        uint old = (uint)task.BlockedSignals.Bits;
        task.SetMask(new(a[0]));
        return old;
    }

    static Errno Change(Task task, uint how, ulong set, ulong whole)
    {
        ulong old = task.BlockedSignals.Bits;
        switch (how)
        {
            case 0: task.SetMask(new(old | set)); break;
            case 1: task.SetMask(new(old & ~set)); break;
            case 2: task.SetMask(new((old & ~whole) | set)); break;
            default: return Errno.EINVAL;
        }
        return Errno.None;
    }

    static Result ChangeMaskOld(Task task, in CallArguments a)
    {
        uint old = (uint)task.BlockedSignals.Bits;
        if (a[1] != 0)
        {
            if (!task.AddressSpace!.TryRead(a[1], out uint set)) return Errno.EFAULT;
            var error = Change(task, a[0], set, uint.MaxValue);
            if (error != Errno.None) return error;
        }
        return a[2] == 0 || task.AddressSpace!.TryWrite(a[2], old) ? 0 : Errno.EFAULT;
    }

    static Result ChangeMask(Task task, in CallArguments a)
    {
        if (a[3] != 8) return Errno.EINVAL;
        ulong old = task.BlockedSignals.Bits;
        if (a[1] != 0)
        {
            if (!task.AddressSpace!.TryRead(a[1], out ulong set)) return Errno.EFAULT;
            var error = Change(task, a[0], set, ulong.MaxValue);
            if (error != Errno.None) return error;
        }
        return a[2] == 0 || task.AddressSpace!.TryWrite(a[2], old) ? 0 : Errno.EFAULT;
    }

    static Result PendingOld(Task task, in CallArguments a) =>
        task.AddressSpace!.TryWrite(a[0], (uint)(task.PendingSet & task.BlockedSignals).Bits) ? 0 : Errno.EFAULT;

    static Result Pending(Task task, in CallArguments a)
    {
        if (a[1] > 8) return Errno.EINVAL;
        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, (task.PendingSet & task.BlockedSignals).Bits);
        return task.AddressSpace!.Write(a[0], bytes[..(int)a[1]]) ? 0 : Errno.EFAULT;
    }

    static Result TimedWait(Task task, in CallArguments a) => TimedWait(task, a, RemainderKind.Timespec32);

    static Result TimedWaitLong(Task task, in CallArguments a) => TimedWait(task, a, RemainderKind.Timespec64);

    static Result TimedWait(Task task, in CallArguments a, RemainderKind layout)
    {
        if (a[3] != 8) return Errno.EINVAL;
        if (!task.AddressSpace!.TryRead(a[0], out ulong bits)) return Errno.EFAULT;
        var set = new SignalSet(bits) & ~SignalSet.Unblockable;
        if (!task.Call.IsRetry && a[2] != 0)
        {
            var error = TimeAbi.Read(task, a[2], layout, out long length);
            if (error != Errno.None) return error;
            task.SetDeadline(TimerCalls.After(task.Machine.Clock.Now, length));
        }
        if (task.Pending.TryTake(set, out var info) || task.Group.Pending.TryTake(set, out info))
        {
            task.Call.Scratch1 = 0;
            Span<byte> bytes = stackalloc byte[SignalInfo.Size];
            info.Write(bytes);
            return a[1] != 0 && !task.AddressSpace.Write(a[1], bytes) ? Errno.EFAULT : (int)info.Signal;
        }
        if (task.IsPastDeadline) return Errno.EAGAIN;
        task.Call.Scratch1 = Machine.SignalWaitMark;
        task.Call.Subject = new SignalWait(task, set);
        return Result.Wait(null, Interruption.Interrupted);
    }
}
