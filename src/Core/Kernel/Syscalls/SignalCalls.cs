namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Sending signals and coming back from handlers: kill(2), tkill(2), tgkill(2), rt_sigqueueinfo(2), sigreturn(2), sigaltstack(2).</summary>
internal static class SignalCalls
{
    internal static readonly Syscall[] Table =
    [
        new(37, "kill", Kill, Support.Full),
        new(119, "sigreturn", Return, Support.Full),
        new(173, "rt_sigreturn", ReturnInfo, Support.Full),
        new(178, "rt_sigqueueinfo", QueueInfo, Support.Full),
        new(186, "sigaltstack", SetStack, Support.Full),
        new(238, "tkill", KillTask, Support.Full),
        new(270, "tgkill", KillThread, Support.Full),
        new(335, "rt_tgsigqueueinfo", QueueThreadInfo, Support.Full),
    ];

    const uint MinimumStack = 2048;

    static Result Kill(Task task, in CallArguments a)
    {
        int pid = (int)a[0];
        if (a[1] > (uint)Signal.Last) return Errno.EINVAL;
        var machine = task.Machine;
        var info = SignalInfo.FromTask((Signal)a[1], SignalCode.User, task.Tgid, (int)task.Credentials.Uid);
        if (pid > 0) return machine.FindTask(pid)?.Group is { } target ? Send(task, target, null, info) : Errno.ESRCH;
        if (pid == int.MinValue) return Errno.ESRCH;
        bool toAll = pid == -1, any = false;
        int wanted = pid == 0 ? task.Group.ProcessGroup : -pid;
        Result last = toAll ? 0 : Errno.ESRCH;
        foreach (var group in Groups(machine))
        {
            if (toAll ? group.Id <= 1 || ReferenceEquals(group, task.Group) : group.ProcessGroup != wanted) continue;
            var result = Send(task, group, null, info);
            // Of a group one success is enough; of all, only what is not "not allowed" counts.
            if (toAll ? result.Value != -(int)Errno.EPERM : result.Value == 0 || !any) last = result;
            any |= toAll || result.Value == 0;
        }
        return any ? last : toAll ? Errno.ESRCH : last;
    }

    /// <summary>Sends a signal on behalf of a task: EPERM, EAGAIN. Number 0 only asks whether that is allowed; one that has ended takes anything.</summary>
    internal static Result Send(Task task, ThreadGroup group, Task? thread, in SignalInfo info)
    {
        if (!TaskAccess.MaySignal(task, thread ?? (group.Threads.Count > 0 ? group.Threads[0] : group.Leader), info.Signal)) return Errno.EPERM;
        if (info.Signal == Signal.None || (thread ?? group.Leader) is { State: TaskState.Dead }) return 0;
        bool sent = thread != null ? task.Machine.SendSignal(thread, info) : task.Machine.SendSignal(group, info);
        return sent ? 0 : Errno.EAGAIN;
    }

    internal static List<ThreadGroup> Groups(Machine machine) =>
        [.. machine.AllTasks.Where(static t => ReferenceEquals(t.Group.Leader, t)).Select(static t => t.Group)];

    static Result KillTask(Task task, in CallArguments a) => KillThread(task, 0, (int)a[0], a[1]);

    static Result KillThread(Task task, in CallArguments a) => (int)a[0] <= 0 ? Errno.EINVAL : KillThread(task, (int)a[0], (int)a[1], a[2]);

    static Result KillThread(Task task, int tgid, int pid, uint number)
    {
        if (pid <= 0 || number > (uint)Signal.Last) return Errno.EINVAL;
        var target = task.Machine.FindTask(pid);
        if (target == null || (tgid != 0 && target.Tgid != tgid)) return Errno.ESRCH;
        return Send(task, target.Group, target, SignalInfo.FromTask((Signal)number, SignalCode.ThreadKill, task.Tgid, (int)task.Credentials.Uid));
    }

    static Result QueueInfo(Task task, in CallArguments a) => Queue(task, (int)a[0], null, a[1], a[2]);

    static Result QueueThreadInfo(Task task, in CallArguments a) => (int)a[0] <= 0 || (int)a[1] <= 0 ? Errno.EINVAL : Queue(task, (int)a[0], (int)a[1], a[2], a[3]);

    static Result Queue(Task task, int pid, int? tid, uint number, uint address)
    {
        Span<byte> bytes = stackalloc byte[SignalInfo.Size];
        if (!task.AddressSpace!.Read(address, bytes)) return Errno.EFAULT;
        if (number > (uint)Signal.Last) return Errno.EINVAL;
        var info = SignalInfo.Read(bytes) with { Signal = (Signal)number };
        if ((info.Code >= 0 || info.Code == SignalCode.ThreadKill) && (tid ?? pid) != task.Pid) return Errno.EPERM;
        var target = task.Machine.FindTask(tid ?? pid);
        if (target == null || (tid != null && target.Tgid != pid)) return Errno.ESRCH;
        return Send(task, target.Group, tid == null ? null : target, info);
    }

    static Result Return(Task task, in CallArguments a)
    {
        SignalFrames.Return(task, withInfo: false);
        return Result.NoReturn;
    }

    static Result ReturnInfo(Task task, in CallArguments a)
    {
        SignalFrames.Return(task, withInfo: true);
        return Result.NoReturn;
    }

    static Result SetStack(Task task, in CallArguments a)
    {
        var memory = task.AddressSpace!;
        var old = task.SignalStack;
        bool isOn = old.Contains(task.Registers!.Esp);
        if (a[0] != 0)
        {
            if (!memory.TryRead(a[0], out uint at) || !memory.TryRead(a[0] + 4, out uint flags) || !memory.TryRead(a[0] + 8, out uint size)) return Errno.EFAULT;
            if (isOn) return Errno.EPERM;
            uint mode = flags & ~AlternateStack.AutoDisarm;
            if (mode is not (0 or AlternateStack.OnStack or AlternateStack.Disabled)) return Errno.EINVAL;
            if (mode == AlternateStack.Disabled) task.SignalStack = new(0, 0, flags);
            else if (size < MinimumStack) return Errno.ENOMEM;
            else task.SignalStack = new(at, size, flags & AlternateStack.AutoDisarm);
        }
        if (a[1] == 0) return 0;
        uint shown = (old.Flags & (AlternateStack.Disabled | AlternateStack.AutoDisarm)) | (isOn ? AlternateStack.OnStack : 0);
        return memory.TryWrite(a[1], old.Base) && memory.TryWrite(a[1] + 4, shown) && memory.TryWrite(a[1] + 8, old.Size) ? 0 : Errno.EFAULT;
    }
}
