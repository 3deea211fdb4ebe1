using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Opening files and their length: open(2), openat(2), openat2(2), creat(2), truncate(2), access(2), fallocate(2), posix_fadvise(2).</summary>
internal static class FileCalls
{
    internal static readonly Syscall[] Table =
    [
        new(5, "open", Open, Support.Full),
        new(8, "creat", Create, Support.Full),
        new(33, "access", Access, Support.Full),
        new(92, "truncate", Truncate, Support.Full),
        new(93, "ftruncate", TruncateFile, Support.Full),
        new(193, "truncate64", TruncateLong, Support.Full),
        new(194, "ftruncate64", TruncateFileLong, Support.Full),
        new(225, "readahead", ReadAhead, Support.Full),
        new(250, "fadvise64", Advise, Support.Full),
        new(272, "fadvise64_64", Advise, Support.Full),
        new(295, "openat", OpenAt, Support.Full),
        new(307, "faccessat", AccessAt, Support.Full),
        new(324, "fallocate", Allocate, Support.Partial, "no space is reserved; FALLOC_FL_COLLAPSE_RANGE, INSERT_RANGE and UNSHARE_RANGE give EOPNOTSUPP"),
        new(356, "memfd_create", MakeMemoryFile, Support.Partial, "MFD_HUGETLB gives EINVAL: no huge pages"),
        new(437, "openat2", OpenHow, Support.Full),
        new(439, "faccessat2", AccessAtFlags, Support.Full),
    ];

    const OpenFlags Known = (OpenFlags)0x7FFFC3 | OpenFlags.Create | OpenFlags.Exclusive;

    static Result Open(Task task, in CallArguments a) => OpenPath(task, GuestArguments.WorkingDirectory, a[0], (OpenFlags)a[1], a[2], WalkFlags.None);

    static Result OpenAt(Task task, in CallArguments a) => OpenPath(task, a[0], a[1], (OpenFlags)a[2], a[3], WalkFlags.None);

    static Result Create(Task task, in CallArguments a) =>
        OpenPath(task, GuestArguments.WorkingDirectory, a[0], OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, a[1], WalkFlags.None);

    static Result OpenHow(Task task, in CallArguments a)
    {
        const uint size = 24;
        if (a[3] < size) return Errno.EINVAL;
        var memory = task.AddressSpace!;
        if (!memory.TryRead(a[2], out ulong flags) || !memory.TryRead(a[2] + 8, out ulong mode) || !memory.TryRead(a[2] + 16, out ulong resolve)) return Errno.EFAULT;
        for (uint at = size; at < Math.Min(a[3], 4096); at++)
        {
            if (!memory.TryRead(a[2] + at, out byte more)) return Errno.EFAULT;
            if (more != 0) return Errno.E2BIG;
        }
        if (a[3] > 4096) return Errno.E2BIG;
        bool creates = (flags & (uint)OpenFlags.Create) != 0 || (flags & (uint)OpenFlags.TemporaryFile) == (uint)OpenFlags.TemporaryFile;
        if ((flags & ~(ulong)Known) != 0 || (mode & ~0xFFFul) != 0 || (!creates && mode != 0)) return Errno.EINVAL;
        const ulong noCrossing = 1, noMagicLinks = 2, noSymlinks = 4, beneath = 8, inRoot = 16, cached = 32;
        if (resolve > (cached | cached - 1) || (resolve & (beneath | inRoot)) == (beneath | inRoot)) return Errno.EINVAL;
        // All names are at hand at once; but what changes the tree is never done from what is cached.
        if ((resolve & cached) != 0 && (creates || (flags & (uint)OpenFlags.Truncate) != 0)) return Errno.EAGAIN;
        var walk = ((resolve & noMagicLinks) != 0 ? WalkFlags.NoMagicLinks : 0) | ((resolve & noSymlinks) != 0 ? WalkFlags.NoSymlinks : 0) | ((resolve & beneath) != 0 ? WalkFlags.Beneath : 0)
            | ((resolve & noCrossing) != 0 ? WalkFlags.NoCrossing : 0) | ((resolve & inRoot) != 0 ? WalkFlags.InRoot : 0);
        return OpenPath(task, a[0], a[1], (OpenFlags)flags, (uint)mode, walk);
    }

    static Result OpenPath(Task task, uint directory, uint address, OpenFlags flags, uint mode, WalkFlags walk)
    {
        // The file of a FIFO exists before its open is complete: it waits for the other end.
        if (task.Call.Subject is OpenFile waiting) return Continue(task, waiting, waiting.ContinueOpen(), flags);
        var error = task.ReadPath(address, out string path);
        if (error != Errno.None) return error;
        // Within a root of its own an absolute path begins at the descriptor as well.
        error = task.StartAt(directory, (walk & WalkFlags.InRoot) != 0 && path.Length > 0 ? "." : path, out var start);
        if (error != Errno.None) return error;
        flags &= Known;
        if ((flags & OpenFlags.Path) != 0) flags &= OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec;
        int limit = (int)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, 1 << 20);
        if (task.Files!.IsFull(limit)) return Errno.EMFILE;
        var result = task.Machine.Tree.Open(start, path, flags, mode & 0xFFF & ~task.FileSystem!.Umask, out var file, walk);
        if (result.IsError || file == null) return result.IsError ? result.Errno : Errno.EIO;
        return Continue(task, file, result, flags);
    }

    static Result Continue(Task task, OpenFile file, in IoResult result, OpenFlags flags)
    {
        if (result.WouldBlock)
        {
            // The call owns the file until it is open: see SystemCallState.End.
            task.Call.Subject = file;
            return Result.Wait(result.Wait);
        }
        task.Call.Subject = null;
        if (result.IsError)
        {
            file.Release();
            return result.Errno;
        }
        JobControl.Opened(task, file, flags);
        return task.AddFile(file, (flags & OpenFlags.CloseOnExec) != 0);
    }

    static Result MakeMemoryFile(Task task, in CallArguments a)
    {
        const uint closeOnExec = 1, allowSealing = 2, longestName = 250;
        if ((a[1] & ~(closeOnExec | allowSealing)) != 0) return Errno.EINVAL;
        var error = task.AddressSpace!.ReadString(a[0], (int)longestName, out var name);
        if (error != Errno.None) return error == Errno.ENAMETOOLONG ? Errno.EINVAL : error;
        error = task.Machine.Tree.MakeMemoryFile(GuestText.FromBytes(name), (a[1] & allowSealing) != 0, out var file);
        if (error != Errno.None) return error;
        return task.AddFile(file!, (a[1] & closeOnExec) != 0);
    }

    static Result Access(Task task, in CallArguments a) => CheckAccess(task, GuestArguments.WorkingDirectory, a[0], a[1], 0);

    static Result AccessAt(Task task, in CallArguments a) => CheckAccess(task, a[0], a[1], a[2], 0);

    static Result AccessAtFlags(Task task, in CallArguments a) => (a[3] & ~0x1300u) != 0 ? Errno.EINVAL : CheckAccess(task, a[0], a[1], a[2], a[3]);

    static Result CheckAccess(Task task, uint directory, uint address, uint rights, uint flags)
    {
        if ((rights & ~7u) != 0) return Errno.EINVAL;
        const uint effective = 0x200;
        var error = task.ReadPath(address, out string path);
        if (error != Errno.None) return error;
        var who = (flags & effective) != 0 ? task.Credentials.ForFiles : task.Credentials.ForAccess;
        error = task.Walk(directory, path, GuestArguments.WalkFlagsOf(flags), who, out var dentry);
        return error != Errno.None ? error : FileTree.CheckAccess(dentry.Inode, (AccessRights)rights, who);
    }

    static Result Truncate(Task task, in CallArguments a) => TruncatePath(task, a[0], (int)a[1]);

    static Result TruncateLong(Task task, in CallArguments a) => TruncatePath(task, a[0], GuestArguments.Join(a[1], a[2]));

    static Result TruncatePath(Task task, uint address, long size)
    {
        if (size < 0) return Errno.EINVAL;
        var error = task.Walk(address, WalkFlags.None, out var dentry);
        if (error != Errno.None) return error;
        if (dentry.Inode.IsDirectory) return Errno.EISDIR;
        return !dentry.Inode.IsRegular ? Errno.EINVAL : task.Machine.Tree.Truncate(dentry.Inode, size, task.Credentials.ForFiles);
    }

    static Result TruncateFile(Task task, in CallArguments a) => SetLength(task, a[0], (int)a[1]);

    static Result TruncateFileLong(Task task, in CallArguments a) => SetLength(task, a[0], GuestArguments.Join(a[1], a[2]));

    static Result SetLength(Task task, uint descriptor, long size)
    {
        var error = task.GetFile(descriptor, out var file);
        return error != Errno.None ? error : file.Truncate(size);
    }

    static Result Allocate(Task task, in CallArguments a)
    {
        const uint keepSize = 1, punchHole = 2, zeroRange = 0x10;
        var error = task.GetFile(a[0], out var file);
        if (error != Errno.None) return error;
        long offset = GuestArguments.Join(a[2], a[3]), length = GuestArguments.Join(a[4], a[5]);
        if (offset < 0 || length <= 0) return Errno.EINVAL;
        if ((a[1] & ~keepSize) is not (0 or punchHole or zeroRange) || (a[1] & (keepSize | punchHole)) == punchHole) return Errno.EOPNOTSUPP;
        if ((file.Mode & FMode.Write) == 0) return Errno.EBADF;
        if (file.IsPipe) return Errno.ESPIPE;
        if (!file.Inode.IsRegular) return Errno.ENODEV;
        if (offset > long.MaxValue - length) return Errno.EFBIG;
        if ((a[1] & (punchHole | zeroRange)) != 0)
        {
            if (file.Inode is not RegularInode holed) return Errno.EOPNOTSUPP;
            error = holed.PunchHole(offset, length);
            if (error != Errno.None) return error;
        }
        return (a[1] & keepSize) == 0 && offset + length > file.Inode.Size ? file.Truncate(offset + length) : Errno.None;
    }

    static Result Advise(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : file.IsPipe ? Errno.ESPIPE : 0;
    }

    static Result ReadAhead(Task task, in CallArguments a)
    {
        var error = task.GetFile(a[0], out var file);
        return error != Errno.None ? error : (file.Mode & FMode.Read) == 0 ? Errno.EBADF : file.Inode.IsRegular ? 0 : Errno.EINVAL;
    }
}
