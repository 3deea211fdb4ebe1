using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Attributes of files: chmod(2), chown(2), utime(2), utimensat(2).</summary>
internal static class AttributeCalls
{
    internal static readonly Syscall[] Table =
    [
        new(15, "chmod", ChangeMode, Support.Full),
        new(16, "lchown", ChangeOwnerOfLink16, Support.Full),
        new(30, "utime", SetTime, Support.Full),
        new(94, "fchmod", ChangeModeOfFile, Support.Full),
        new(95, "fchown", ChangeOwnerOfFile16, Support.Full),
        new(182, "chown", ChangeOwner16, Support.Full),
        new(198, "lchown32", ChangeOwnerOfLink, Support.Full),
        new(207, "fchown32", ChangeOwnerOfFile, Support.Full),
        new(212, "chown32", ChangeOwner, Support.Full),
        new(271, "utimes", SetTimes, Support.Full),
        new(298, "fchownat", ChangeOwnerAt, Support.Full),
        new(299, "futimesat", SetTimesAt, Support.Full),
        new(306, "fchmodat", ChangeModeAt, Support.Full),
        new(320, "utimensat", SetTimesExactly, Support.Full),
        new(412, "utimensat_time64", SetTimesExactlyLong, Support.Full),
    ];

    const uint Cwd = GuestArguments.WorkingDirectory;

    static Result ChangeMode(Task task, in CallArguments a) => ChangeMode(task, Cwd, a[0], a[1]);

    static Result ChangeModeAt(Task task, in CallArguments a) => ChangeMode(task, a[0], a[1], a[2]);

    static Result ChangeMode(Task task, uint directory, uint address, uint mode)
    {
        var error = task.Walk(directory, address, WalkFlags.None, out var dentry);
        return error != Errno.None ? error : task.Machine.Tree.SetMode(dentry.Inode, mode & 0xFFF, task.Credentials.ForFiles);
    }

    static Result ChangeModeOfFile(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : (file.Mode & FMode.Path) != 0 ? Errno.EBADF : task.Machine.Tree.SetMode(file.Inode, a[1] & 0xFFF, task.Credentials.ForFiles);
    }

    static uint? Id(uint value) => value == uint.MaxValue ? null : value;

    static uint? Id16(uint value) => (ushort)value == ushort.MaxValue ? null : (ushort)value;

    static Result ChangeOwner(Task task, uint directory, uint address, uint? uid, uint? gid, WalkFlags flags)
    {
        var error = task.Walk(directory, address, flags, out var dentry);
        return error != Errno.None ? error : task.Machine.Tree.SetOwner(dentry.Inode, uid, gid, task.Credentials.ForFiles);
    }

    static Result ChangeOwner(Task task, in CallArguments a) => ChangeOwner(task, Cwd, a[0], Id(a[1]), Id(a[2]), WalkFlags.None);

    static Result ChangeOwner16(Task task, in CallArguments a) => ChangeOwner(task, Cwd, a[0], Id16(a[1]), Id16(a[2]), WalkFlags.None);

    static Result ChangeOwnerOfLink(Task task, in CallArguments a) => ChangeOwner(task, Cwd, a[0], Id(a[1]), Id(a[2]), WalkFlags.NoFollow);

    static Result ChangeOwnerOfLink16(Task task, in CallArguments a) => ChangeOwner(task, Cwd, a[0], Id16(a[1]), Id16(a[2]), WalkFlags.NoFollow);

    static Result ChangeOwnerAt(Task task, in CallArguments a) =>
        (a[4] & ~0x1100u) != 0 ? Errno.EINVAL : ChangeOwner(task, a[0], a[1], Id(a[2]), Id(a[3]), GuestArguments.WalkFlagsOf(a[4]));

    static Result ChangeOwnerOfFile(Task task, in CallArguments a) => ChangeOwner(task, a[0], Id(a[1]), Id(a[2]));

    static Result ChangeOwnerOfFile16(Task task, in CallArguments a) => ChangeOwner(task, a[0], Id16(a[1]), Id16(a[2]));

    static Result ChangeOwner(Task task, uint descriptor, uint? uid, uint? gid)
    {
        var error = task.GetFile(descriptor, out var file);
        return error != Errno.None ? error : (file.Mode & FMode.Path) != 0 ? Errno.EBADF : task.Machine.Tree.SetOwner(file.Inode, uid, gid, task.Credentials.ForFiles);
    }

    static Result SetTime(Task task, in CallArguments a)
    {
        var now = TimeConversions.ToTimespec(task.Machine.Clock.Realtime);
        Timespec access = now, modify = now;
        if (a[1] != 0)
        {
            if (!task.AddressSpace!.TryRead(a[1], out int first) || !task.AddressSpace.TryRead(a[1] + 4, out int second)) return Errno.EFAULT;
            access = new(first, 0);
            modify = new(second, 0);
        }
        var error = task.Walk(a[0], WalkFlags.None, out var dentry);
        return error != Errno.None ? error : task.Machine.Tree.SetTimes(dentry.Inode, access, modify, task.Credentials.ForFiles, isNow: a[1] == 0);
    }

    static Result SetTimes(Task task, in CallArguments a) => SetTimevals(task, Cwd, a[0], a[1]);

    static Result SetTimesAt(Task task, in CallArguments a) => SetTimevals(task, a[0], a[1], a[2]);

    static Result SetTimevals(Task task, uint directory, uint address, uint times)
    {
        var now = TimeConversions.ToTimespec(task.Machine.Clock.Realtime);
        Timespec access = now, modify = now;
        if (times != 0 && (!ReadTimeval(task, times, out access) || !ReadTimeval(task, times + 8, out modify))) return Errno.EFAULT;
        if (access.Nanoseconds >= TimeConversions.Second || modify.Nanoseconds >= TimeConversions.Second) return Errno.EINVAL;
        Dentry dentry;
        if (address == 0 && directory != Cwd)
        {
            var found = task.GetRealFile(directory, out var file);
            if (found != Errno.None) return found;
            dentry = file.Dentry;
        }
        else
        {
            var error = task.Walk(directory, address, WalkFlags.None, out dentry);
            if (error != Errno.None) return error;
        }
        return task.Machine.Tree.SetTimes(dentry.Inode, access, modify, task.Credentials.ForFiles, isNow: times == 0);
    }

    static bool ReadTimeval(Task task, uint address, out Timespec time)
    {
        time = default;
        if (!task.AddressSpace!.TryRead(address, out int seconds) || !task.AddressSpace.TryRead(address + 4, out int micro)) return false;
        time = new(seconds, (uint)Math.Min((uint)micro, 1_000_000u) * 1000);
        return true;
    }

    static Result SetTimesExactly(Task task, in CallArguments a) => SetTimesExactly(task, a, isLong: false);

    static Result SetTimesExactlyLong(Task task, in CallArguments a) => SetTimesExactly(task, a, isLong: true);

    static Result SetTimesExactly(Task task, in CallArguments a, bool isLong)
    {
        if ((a[3] & ~0x1100u) != 0) return Errno.EINVAL;
        var now = TimeConversions.ToTimespec(task.Machine.Clock.Realtime);
        Timespec? access = now, modify = now;
        bool isNow = true;
        if (a[2] != 0)
        {
            var error = ReadTime(task, a[2], isLong, now, out access, out bool accessIsNow);
            if (error != Errno.None) return error;
            error = ReadTime(task, a[2] + (isLong ? 16u : 8u), isLong, now, out modify, out bool modifyIsNow);
            if (error != Errno.None) return error;
            // Nothing to do: not even the path is looked at.
            if (access == null && modify == null) return 0;
            isNow = accessIsNow && modifyIsNow;
        }
        Inode inode;
        if (a[1] == 0)
        {
            if (a[0] == Cwd) return Errno.EFAULT;
            if (a[3] != 0) return Errno.EINVAL;
            var error = task.GetRealFile(a[0], out var file);
            if (error != Errno.None) return error;
            inode = file.Inode;
        }
        else
        {
            var error = task.Walk(a[0], a[1], GuestArguments.WalkFlagsOf(a[3]), out var dentry);
            if (error != Errno.None) return error;
            inode = dentry.Inode;
        }
        return task.Machine.Tree.SetTimes(inode, access, modify, task.Credentials.ForFiles, isNow);
    }

    static Errno ReadTime(Task task, uint address, bool isLong, Timespec now, out Timespec? time, out bool isNow)
    {
        const uint useNow = 0x3FFFFFFF, omit = 0x3FFFFFFE;
        time = null;
        isNow = false;
        long seconds;
        uint fraction;
        var memory = task.AddressSpace!;
        if (isLong)
        {
            if (!memory.TryRead(address, out seconds) || !memory.TryRead(address + 8, out fraction)) return Errno.EFAULT;
        }
        else
        {
            if (!memory.TryRead(address, out int seconds32) || !memory.TryRead(address + 4, out fraction)) return Errno.EFAULT;
            seconds = seconds32;
        }
        if (fraction == omit) return Errno.None;
        if (fraction != useNow && fraction >= TimeConversions.Second) return Errno.EINVAL;
        isNow = fraction == useNow;
        time = isNow ? now : new Timespec(seconds, fraction);
        return Errno.None;
    }
}
