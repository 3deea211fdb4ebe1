using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>What fcntl(2) and ioctl(2) say of the signals of an open file: F_SETOWN and the like, O_ASYNC (Linux: fs/fcntl.c, fs/ioctl.c).</summary>
internal static class OwnerCalls
{
    const uint SetOwner = 8, GetOwner = 9, SetSignal = 10, GetSignal = 11, SetOwnerExtended = 15, GetOwnerExtended = 16, GetOwnerUids = 17;

    /// <summary>One of F_SETOWN to F_GETOWNER_UIDS.</summary>
    public static Result Control(Task task, OpenFile file, uint command, uint argument)
    {
        var owner = (TaskFileOwner?)file.Owner;
        var memory = task.AddressSpace!;
        switch (command)
        {
            case SetOwner: return Set(task, file, (int)argument);
            case GetOwner: return Get(file);
            case SetSignal:
                if (argument > (uint)Signal.Last) return Errno.EINVAL;
                Of(task, file).Chosen = (Signal)argument;
                return 0;
            case GetSignal: return owner == null ? 0 : (int)owner.Chosen;
            case SetOwnerExtended:
                if (!memory.TryRead(argument, out int kind) || !memory.TryRead(argument + 4, out int number)) return Errno.EFAULT;
                return kind is < 0 or > (int)FileOwnerKind.ProcessGroup ? Errno.EINVAL : Of(task, file).Set((FileOwnerKind)kind, number, task.Credentials);
            case GetOwnerExtended:
                return memory.TryWrite(argument, owner == null ? 0 : (int)owner.Kind) && memory.TryWrite(argument + 4, owner == null ? 0 : owner.Living) ? 0 : Errno.EFAULT;
            case GetOwnerUids:
                return memory.TryWrite(argument, owner?.Uid ?? 0) && memory.TryWrite(argument + 4, owner?.EffectiveUid ?? 0) ? 0 : Errno.EFAULT;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>F_SETOWN, FIOSETOWN and SIOCSPGRP: a process, or minus a process group, or 0.</summary>
    public static Result Set(Task task, OpenFile file, int who)
    {
        if (who == int.MinValue) return Errno.EINVAL;
        return Of(task, file).Set(who < 0 ? FileOwnerKind.ProcessGroup : FileOwnerKind.Process, Math.Abs(who), task.Credentials);
    }

    /// <summary>F_GETOWN, FIOGETOWN and SIOCGPGRP.</summary>
    public static int Get(OpenFile file) => file.Owner is not TaskFileOwner owner ? 0 : owner.Kind == FileOwnerKind.ProcessGroup ? -owner.Living : owner.Living;

    /// <summary>O_ASYNC is about to change; a terminal's signals go to its foreground unless somebody else was named.</summary>
    /// <returns>False when the file never sends any.</returns>
    public static bool SetAsync(Task task, OpenFile file, uint descriptor, bool on)
    {
        if (!file.SetAsync(on, (int)descriptor)) return false;
        if (on && file is TerminalFile { Terminal: var terminal } && file.Owner is not TaskFileOwner { Number: not 0 })
        {
            int group = terminal.ForegroundGroup;
            _ = group != 0 ? Of(task, file).Set(FileOwnerKind.ProcessGroup, group, task.Credentials) : Of(task, file).Set(FileOwnerKind.Process, task.Pid, task.Credentials);
        }
        return true;
    }

    /// <summary>FIOASYNC.</summary>
    public static Result ControlAsync(Task task, OpenFile file, uint descriptor, uint argument)
    {
        if (!task.AddressSpace!.TryRead(argument, out int value)) return Errno.EFAULT;
        bool on = value != 0;
        if (on == ((file.Flags & OpenFlags.Async) != 0)) return 0;
        if (!SetAsync(task, file, descriptor, on)) return Errno.ENOTTY;
        return file.SetFlags(on ? file.Flags | OpenFlags.Async : file.Flags & ~OpenFlags.Async);
    }

    static TaskFileOwner Of(Task task, OpenFile file)
    {
        if (file.Owner is TaskFileOwner owner) return owner;
        owner = new TaskFileOwner(task.Machine);
        file.Owner = owner;
        return owner;
    }
}
