using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Waiting for children: waitpid(2), wait4(2), waitid(2).</summary>
internal static class WaitCalls
{
    internal static readonly Syscall[] Table =
    [
        new(7, "waitpid", WaitPid, Support.Full),
        new(114, "wait4", Wait4, Support.Full),
        new(284, "waitid", WaitId, Support.Partial, "no P_PIDFD"),
    ];

    [Flags]
    enum Options : uint
    {
        NoHang = 1,
        Stopped = 2,
        Exited = 4,
        Continued = 8,
        NoWait = 0x01000000,
        NoThread = 0x20000000,
        All = 0x40000000,
        Clone = 0x80000000,
    }

    static Result WaitPid(Task task, in CallArguments a) => Wait(task, (int)a[0], a[1], (Options)a[2], 0);

    static Result Wait4(Task task, in CallArguments a) => Wait(task, (int)a[0], a[1], (Options)a[2], a[3]);

    static Result Wait(Task task, int pid, uint status, Options options, uint usage)
    {
        const Options known = Options.NoHang | Options.Stopped | Options.Continued | Options.NoThread | Options.All | Options.Clone;
        if ((options & ~known) != 0) return Errno.EINVAL;
        if (pid == int.MinValue) return Errno.ESRCH;
        bool Matches(ThreadGroup child) => pid switch
        {
            -1 => true,
            0 => child.ProcessGroup == task.Group.ProcessGroup,
            < 0 => child.ProcessGroup == -pid,
            _ => child.Id == pid,
        };
        if (!Find(task, Matches, options | Options.Exited, out var child, out int value, out _)) return Errno.ECHILD;
        if (child == null) return (options & Options.NoHang) != 0 ? 0 : Result.Wait(task.Group.ChildEvents);
        var memory = task.AddressSpace!;
        // As on Linux the child is gone even if its status cannot be written.
        ulong instructions = child.Instructions + child.ChildInstructions;
        int id = child.Id;
        Consume(child, options);
        if (status != 0 && !memory.TryWrite(status, value)) return Errno.EFAULT;
        if (usage != 0 && !ResourceCalls.WriteUsage(task, usage, instructions)) return Errno.EFAULT;
        return id;
    }

    static Result WaitId(Task task, in CallArguments a)
    {
        var options = (Options)a[3];
        const Options kinds = Options.Exited | Options.Stopped | Options.Continued;
        if ((options & kinds) == 0 || (options & ~(kinds | Options.NoHang | Options.NoWait | Options.NoThread | Options.All | Options.Clone)) != 0) return Errno.EINVAL;
        int id = (int)a[1];
        Func<ThreadGroup, bool> matches;
        switch (a[0])
        {
            case 0: matches = static _ => true; break;
            case 1 when id > 0: matches = child => child.Id == id; break;
            case 2 when id >= 0: matches = child => child.ProcessGroup == (id == 0 ? task.Group.ProcessGroup : id); break;
            default: return Errno.EINVAL;
        }
        if (!Find(task, matches, options, out var child, out int status, out int code)) return Errno.ECHILD;
        if (child == null && (options & Options.NoHang) == 0) return Result.Wait(task.Group.ChildEvents);
        Span<byte> info = stackalloc byte[SignalInfo.Size];
        info.Clear();
        ulong instructions = 0;
        if (child != null)
        {
            var filled = SignalInfo.FromTask(Signal.SIGCHLD, code, child.Id, (int)child.Leader.Credentials.Uid);
            filled.Field2 = (uint)(code == SignalCode.ChildExited ? status >> 8 & 0xFF : code == SignalCode.ChildStopped ? status >> 8 : code == SignalCode.ChildContinued ? (int)Signal.SIGCONT : status & 0x7F);
            filled.Write(info);
            instructions = child.Instructions + child.ChildInstructions;
            if ((options & Options.NoWait) == 0) Consume(child, options);
        }
        if (a[2] != 0 && !task.AddressSpace!.Write(a[2], info[..28])) return Errno.EFAULT;
        return a[4] != 0 && !ResourceCalls.WriteUsage(task, a[4], instructions) ? Errno.EFAULT : 0;
    }

    /// <summary>Finds a child with news.</summary>
    /// <returns>False when there is no child that could ever match.</returns>
    static bool Find(Task task, Func<ThreadGroup, bool> matches, Options options, out ThreadGroup? found, out int status, out int code)
    {
        found = null;
        status = code = 0;
        bool any = false;
        foreach (var child in task.Group.Children)
        {
            if (!matches(child)) continue;
            bool isClone = child.ExitSignal != Signal.SIGCHLD;
            if ((options & Options.All) == 0 && isClone != ((options & Options.Clone) != 0)) continue;
            any = true;
            if (child.IsZombie && (options & Options.Exited) != 0)
            {
                status = child.ExitStatus;
                code = (status & 0x7F) != 0 ? SignalCode.ChildKilled : SignalCode.ChildExited;
            }
            else if (child.StopUnreported && (options & Options.Stopped) != 0 && !child.IsZombie)
            {
                status = (int)child.StopSignal << 8 | 0x7F;
                code = SignalCode.ChildStopped;
            }
            else if (child.ContinueUnreported && (options & Options.Continued) != 0 && !child.IsZombie)
            {
                status = 0xFFFF;
                code = SignalCode.ChildContinued;
            }
            else
            {
                continue;
            }
            found = child;
            return true;
        }
        return any;
    }

    static void Consume(ThreadGroup child, Options options)
    {
        if (child.IsZombie) Exits.Reap(child);
        else if (child.StopUnreported && (options & Options.Stopped) != 0) child.StopUnreported = false;
        else child.ContinueUnreported = false;
    }
}
