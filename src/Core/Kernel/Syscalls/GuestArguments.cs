using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>What many calls do with their arguments.</summary>
internal static class GuestArguments
{
    /// <summary>AT_FDCWD.</summary>
    public const uint WorkingDirectory = unchecked((uint)-100);

    const int LongestPath = 4096;

    /// <summary>The open file of a descriptor, also one opened with O_PATH. EBADF.</summary>
    public static Errno GetFile(this Task task, uint descriptor, out OpenFile file)
    {
        var found = task.Files![(int)descriptor];
        file = found!;
        return found == null ? Errno.EBADF : Errno.None;
    }

    /// <summary>The open file of a descriptor that moves data or takes orders: EBADF also for one opened with O_PATH.</summary>
    public static Errno GetRealFile(this Task task, uint descriptor, out OpenFile file)
    {
        var error = task.GetFile(descriptor, out file);
        return error == Errno.None && (file.Mode & FMode.Path) != 0 ? Errno.EBADF : error;
    }

    /// <summary>Gives a new file the lowest free number; EMFILE closes it, as does ENFILE, which a privileged process gets too: it is the host's memory.</summary>
    public static Result AddFile(this Task task, OpenFile file, bool closeOnExec)
    {
        bool isFull = task.Machine.Tree.OpenFiles > task.Machine.Options.MaximumOpenFiles;
        int number = isFull ? -1 : task.Files!.Add(file, closeOnExec, DescriptorCalls.Limit(task));
        if (number >= 0) return number;
        file.Release();
        return isFull ? Errno.ENFILE : Errno.EMFILE;
    }

    /// <summary>A path: ENAMETOOLONG, EFAULT.</summary>
    public static Errno ReadPath(this Task task, uint address, out string path)
    {
        var error = task.AddressSpace!.ReadString(address, LongestPath, out var bytes);
        path = error == Errno.None ? GuestText.FromBytes(bytes) : "";
        return error;
    }

    /// <summary>Where relative paths of the task begin.</summary>
    public static PathStart Here(this Task task) => new(task.FileSystem!.Root, task.FileSystem.WorkingDirectory, task.Credentials.ForFiles);

    /// <summary>Where paths relative to a directory descriptor begin. EBADF, ENOTDIR; an absolute path needs no descriptor.</summary>
    public static Errno StartAt(this Task task, uint descriptor, string path, out PathStart start)
    {
        start = task.Here();
        if (descriptor == WorkingDirectory || path.StartsWith('/')) return Errno.None;
        var error = task.GetFile(descriptor, out var file);
        if (error != Errno.None) return error;
        if (!file.Inode.IsDirectory && path.Length > 0) return Errno.ENOTDIR;
        start = start with { Directory = file.Dentry };
        return Errno.None;
    }

    /// <summary>Reads a path and finds what it names.</summary>
    public static Errno Walk(this Task task, uint descriptor, uint address, WalkFlags flags, out Dentry dentry)
    {
        dentry = null!;
        var error = task.ReadPath(address, out string path);
        if (error != Errno.None) return error;
        return task.Walk(descriptor, path, flags, task.Credentials.ForFiles, out dentry);
    }

    /// <summary>Finds what a path names, with the rights of <paramref name="who"/>.</summary>
    public static Errno Walk(this Task task, uint descriptor, string path, WalkFlags flags, FileIdentity? who, out Dentry dentry)
    {
        dentry = null!;
        var error = task.StartAt(descriptor, path, out var start);
        if (error != Errno.None) return error;
        error = task.Machine.Tree.Walk(start with { Who = who }, path, flags, out var found);
        dentry = found!;
        return error;
    }

    /// <summary>As above, from the working directory.</summary>
    public static Errno Walk(this Task task, uint address, WalkFlags flags, out Dentry dentry) => task.Walk(WorkingDirectory, address, flags, out dentry);

    /// <summary>The walk flags of AT_* bits.</summary>
    public static WalkFlags WalkFlagsOf(uint at) =>
        ((at & 0x100) != 0 ? WalkFlags.NoFollow : 0) | ((at & 0x1000) != 0 ? WalkFlags.EmptyPath : 0);

    /// <summary>A 64-bit number in two arguments.</summary>
    public static long Join(uint low, uint high) => (long)((ulong)high << 32 | low);
}
