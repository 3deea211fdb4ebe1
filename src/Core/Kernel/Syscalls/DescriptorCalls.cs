using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Descriptors themselves: close(2), dup(2), fcntl(2), ioctl(2), fsync(2) and the like.</summary>
internal static class DescriptorCalls
{
    internal static readonly Syscall[] Table =
    [
        new(6, "close", Close, Support.Full),
        new(41, "dup", Duplicate, Support.Full),
        new(54, "ioctl", Control, Support.Partial, "what the file knows, FIOCLEX, FIONCLEX, FIONBIO"),
        new(55, "fcntl", FileControl, Support.Partial, "no F_NOTIFY; leases give EAGAIN"),
        new(63, "dup2", DuplicateTo, Support.Full),
        new(118, "fsync", Sync, Support.Full),
        new(148, "fdatasync", Sync, Support.Full),
        new(221, "fcntl64", FileControlWide, Support.Partial, "as fcntl"),
        new(330, "dup3", DuplicateExactly, Support.Full),
        new(436, "close_range", CloseRange, Support.Full),
        new(36, "sync", SyncAll, Support.Full),
        new(344, "syncfs", Sync, Support.Full),
        new(314, "sync_file_range", SyncRange, Support.Full),
    ];

    internal static int Limit(Task task) => (int)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, 1 << 20);

    static Result Close(Task task, in CallArguments a) => task.Files!.Close((int)a[0]) ? 0 : Errno.EBADF;

    static Result Duplicate(Task task, in CallArguments a) => DuplicateFrom(task, a[0], 0, false);

    static Result DuplicateFrom(Task task, uint descriptor, int lowest, bool closeOnExec)
    {
        var error = task.GetFile(descriptor, out var file);
        if (error != Errno.None) return error;
        if (lowest >= Limit(task) || lowest < 0) return Errno.EINVAL;
        int number = task.Files!.Add(file, closeOnExec, Limit(task), lowest);
        if (number < 0) return Errno.EMFILE;
        file.AddReference();
        return number;
    }

    static Result DuplicateTo(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None || a[1] >= (uint)Limit(task)) return Errno.EBADF;
        if (a[0] == a[1]) return a[1];
        file.AddReference();
        task.Files!.Set((int)a[1], file, false);
        return a[1];
    }

    static Result DuplicateExactly(Task task, in CallArguments a)
    {
        if ((a[2] & ~(uint)OpenFlags.CloseOnExec) != 0 || a[0] == a[1]) return Errno.EINVAL;
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None || a[1] >= (uint)Limit(task)) return Errno.EBADF;
        file.AddReference();
        task.Files!.Set((int)a[1], file, a[2] != 0);
        return a[1];
    }

    static Result CloseRange(Task task, in CallArguments a)
    {
        const uint unshare = 2, closeOnExec = 4;
        if (a[0] > a[1] || (a[2] & ~(unshare | closeOnExec)) != 0) return Errno.EINVAL;
        if ((a[2] & unshare) != 0 && task.Files!.Users > 1)
        {
            var own = task.Files.Copy();
            task.Files.DropUser();
            task.Files = own;
        }
        var files = task.Files!;
        for (long number = a[0]; number <= a[1] && number < files.Capacity; number++)
        {
            if (files[(int)number] == null) continue;
            if ((a[2] & closeOnExec) != 0) files.SetCloseOnExec((int)number, true);
            else files.Close((int)number);
        }
        return 0;
    }

    static Result Sync(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : file.Sync();
    }

    static Result SyncRange(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        error = file.Sync();
        return error == Errno.EINVAL ? Errno.ESPIPE : error;
    }

    static Result SyncAll(Task task, in CallArguments a)
    {
        task.Machine.Tree.Sync();
        return 0;
    }

    static Result Control(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        switch (a[1])
        {
            case 0x5451:
                task.Files!.SetCloseOnExec((int)a[0], true);
                return 0;
            case 0x5450:
                task.Files!.SetCloseOnExec((int)a[0], false);
                return 0;
            case 0x5421:
                if (!task.AddressSpace!.TryRead(a[2], out int on)) return Errno.EFAULT;
                return file.SetFlags(on != 0 ? file.Flags | OpenFlags.NonBlock : file.Flags & ~OpenFlags.NonBlock);
            case 0x5452: return OwnerCalls.ControlAsync(task, file, a[0], a[2]);
            case 0x8901 or 0x8902 when file is SocketFile:
                if (!task.AddressSpace!.TryRead(a[2], out int owner)) return Errno.EFAULT;
                return OwnerCalls.Set(task, file, owner);
            case 0x8903 or 0x8904 when file is SocketFile: return task.AddressSpace!.TryWrite(a[2], OwnerCalls.Get(file)) ? 0 : Errno.EFAULT;
            default:
                if (file is TerminalFile terminal) return TerminalControl.Control(task, terminal, a[1], a[2]);
                return Result.From(file.Ioctl(a[1], a[2], task.AddressSpace!));
        }
    }

    static Result FileControl(Task task, in CallArguments a) => FileControl(task, a, isWide: false);

    static Result FileControlWide(Task task, in CallArguments a) => FileControl(task, a, isWide: true);

    static Result FileControl(Task task, in CallArguments a, bool isWide)
    {
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        bool isPath = (file.Mode & FMode.Path) != 0;
        switch (a[1])
        {
            case 0: return DuplicateFrom(task, a[0], (int)a[2], false);
            case 1030: return DuplicateFrom(task, a[0], (int)a[2], true);
            case 1: return task.Files!.GetCloseOnExec((int)a[0]) ? 1 : 0;
            case 2:
                task.Files!.SetCloseOnExec((int)a[0], (a[2] & 1) != 0);
                return 0;
            case 3: return (uint)file.Flags;
        }
        if (isPath) return Errno.EBADF;
        switch (a[1])
        {
            case 4:
                var flags = (OpenFlags)a[2];
                bool async = (flags & OpenFlags.Async) != 0;
                if (async != ((file.Flags & OpenFlags.Async) != 0) && !OwnerCalls.SetAsync(task, file, a[0], async)) flags &= ~OpenFlags.Async;
                return file.SetFlags(flags);
            case 5 or 6 or 7 or 12 or 13 or 14 or 36 or 37 or 38: return LockCalls.Control(task, file, a[1], a[2], isWide);
            case >= 8 and <= 11 or >= 15 and <= 17: return OwnerCalls.Control(task, file, a[1], a[2]);
            case 1024: return file.Inode.IsRegular ? Errno.EAGAIN : Errno.EINVAL;
            case 1025: return 2;
            case 1026: return (a[2] & 0x7FFFFFFF) == 0 ? 0 : Errno.EINVAL;
            case 1031: return file is PipeFile sized ? Result.From(sized.Pipe.SetCapacity(a[2], task.Credentials.IsPrivileged)) : Errno.EBADF;
            case 1032: return file is PipeFile asked ? asked.Pipe.Capacity : Errno.EBADF;
            case 1033: return AddSeals(task, file, a[2]);
            case 1034: return file.Inode is RegularInode { HasSeals: true } sealable ? (uint)sealable.Seals : Errno.EINVAL;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>F_ADD_SEALS: EBUSY while somebody has it mapped for writing.</summary>
    static Result AddSeals(Task task, OpenFile file, uint added)
    {
        if (file.Inode is not RegularInode { HasSeals: true } inode) return Errno.EINVAL;
        if ((file.Mode & FMode.Write) == 0) return Errno.EPERM;
        if ((added & ~(uint)FileSeals.All) != 0) return Errno.EINVAL;
        if ((inode.Seals & FileSeals.Seal) != 0) return Errno.EPERM;
        if ((added & (uint)FileSeals.Write) != 0 && (inode.Seals & FileSeals.Write) == 0)
        {
            const VmFlags writes = VmFlags.Shared | VmFlags.MayWrite;
            foreach (var other in task.Machine.AllTasks)
                if (other.AddressSpace?.Regions.Any(region => (region.Flags & writes) == writes && region.Source is MappedFile mapped && ReferenceEquals(mapped.Dentry.Inode, inode)) == true) return Errno.EBUSY;
        }
        return inode.AddSeals((FileSeals)added);
    }
}
