using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Names: mkdir(2), rmdir(2), unlink(2), rename(2), link(2), symlink(2), readlink(2), mknod(2) and their *at forms.</summary>
internal static class PathCalls
{
    internal static readonly Syscall[] Table =
    [
        new(9, "link", Link, Support.Full),
        new(10, "unlink", Unlink, Support.Full),
        new(14, "mknod", MakeNode, Support.Full),
        new(38, "rename", Rename, Support.Full),
        new(39, "mkdir", MakeDirectory, Support.Full),
        new(40, "rmdir", RemoveDirectory, Support.Full),
        new(83, "symlink", SymbolicLink, Support.Full),
        new(85, "readlink", ReadLink, Support.Full),
        new(296, "mkdirat", MakeDirectoryAt, Support.Full),
        new(297, "mknodat", MakeNodeAt, Support.Full),
        new(301, "unlinkat", UnlinkAt, Support.Full),
        new(302, "renameat", RenameAt, Support.Full),
        new(303, "linkat", LinkAt, Support.Full),
        new(304, "symlinkat", SymbolicLinkAt, Support.Full),
        new(305, "readlinkat", ReadLinkAt, Support.Full),
        new(353, "renameat2", RenameFlagged, Support.Full),
    ];

    const uint Cwd = GuestArguments.WorkingDirectory;

    static Errno Begin(Task task, uint directory, uint address, out PathStart start, out string path)
    {
        start = default;
        var error = task.ReadPath(address, out path);
        return error != Errno.None ? error : path.Length == 0 ? Errno.ENOENT : task.StartAt(directory, path, out start);
    }

    static Result MakeDirectory(Task task, in CallArguments a) => MakeDirectory(task, Cwd, a[0], a[1]);

    static Result MakeDirectoryAt(Task task, in CallArguments a) => MakeDirectory(task, a[0], a[1], a[2]);

    static Result MakeDirectory(Task task, uint directory, uint address, uint mode)
    {
        var error = Begin(task, directory, address, out var start, out string path);
        return error != Errno.None ? error : task.Machine.Tree.MakeDirectory(start, path, mode & 0x3FF & ~task.FileSystem!.Umask);
    }

    static Result MakeNode(Task task, in CallArguments a) => MakeNode(task, Cwd, a[0], a[1], a[2]);

    static Result MakeNodeAt(Task task, in CallArguments a) => MakeNode(task, a[0], a[1], a[2], a[3]);

    static Result MakeNode(Task task, uint directory, uint address, uint mode, uint device)
    {
        var error = Begin(task, directory, address, out var start, out string path);
        if (error != Errno.None) return error;
        uint type = mode & FileModeBits.TypeMask;
        if (type == FileModeBits.Directory) return Errno.EPERM;
        if (type == 0) type = FileModeBits.Regular;
        return task.Machine.Tree.MakeNode(start, path, type | (mode & 0xFFF & ~task.FileSystem!.Umask), device);
    }

    static Result RemoveDirectory(Task task, in CallArguments a)
    {
        var error = Begin(task, Cwd, a[0], out var start, out string path);
        return error != Errno.None ? error : task.Machine.Tree.RemoveDirectory(start, path);
    }

    static Result Unlink(Task task, in CallArguments a)
    {
        var error = Begin(task, Cwd, a[0], out var start, out string path);
        return error != Errno.None ? error : task.Machine.Tree.Unlink(start, path);
    }

    static Result UnlinkAt(Task task, in CallArguments a)
    {
        const uint removeDirectory = 0x200;
        if ((a[2] & ~removeDirectory) != 0) return Errno.EINVAL;
        var error = Begin(task, a[0], a[1], out var start, out string path);
        if (error != Errno.None) return error;
        return (a[2] & removeDirectory) != 0 ? task.Machine.Tree.RemoveDirectory(start, path) : task.Machine.Tree.Unlink(start, path);
    }

    static Result Rename(Task task, in CallArguments a) => Rename(task, Cwd, a[0], Cwd, a[1], 0);

    static Result RenameAt(Task task, in CallArguments a) => Rename(task, a[0], a[1], a[2], a[3], 0);

    static Result RenameFlagged(Task task, in CallArguments a) => Rename(task, a[0], a[1], a[2], a[3], a[4]);

    static Result Rename(Task task, uint oldDirectory, uint oldAddress, uint newDirectory, uint newAddress, uint flags)
    {
        if ((flags & ~7u) != 0) return Errno.EINVAL;
        var error = Begin(task, oldDirectory, oldAddress, out var from, out string oldPath);
        if (error != Errno.None) return error;
        error = task.ReadPath(newAddress, out string newPath);
        if (error != Errno.None) return error;
        // That the new name is empty is said after what is wrong with the old one.
        var to = from;
        if (newPath.Length > 0) error = task.StartAt(newDirectory, newPath, out to);
        return error != Errno.None ? error : task.Machine.Tree.Rename(from, oldPath, to, newPath, (RenameFlags)flags);
    }

    static Result Link(Task task, in CallArguments a) => Link(task, Cwd, a[0], Cwd, a[1], 0);

    static Result LinkAt(Task task, in CallArguments a) => Link(task, a[0], a[1], a[2], a[3], a[4]);

    static Result Link(Task task, uint oldDirectory, uint oldAddress, uint newDirectory, uint newAddress, uint flags)
    {
        const uint follow = 0x400, emptyPath = 0x1000;
        if ((flags & ~(follow | emptyPath)) != 0) return Errno.EINVAL;
        var walk = ((flags & follow) != 0 ? 0 : WalkFlags.NoFollow) | ((flags & emptyPath) != 0 ? WalkFlags.EmptyPath : 0);
        var error = task.Walk(oldDirectory, oldAddress, walk, out var existing);
        if (error != Errno.None) return error;
        error = Begin(task, newDirectory, newAddress, out var to, out string path);
        return error != Errno.None ? error : task.Machine.Tree.Link(existing, to, path);
    }

    static Result SymbolicLink(Task task, in CallArguments a) => SymbolicLink(task, a[0], Cwd, a[1]);

    static Result SymbolicLinkAt(Task task, in CallArguments a) => SymbolicLink(task, a[0], a[1], a[2]);

    static Result SymbolicLink(Task task, uint targetAddress, uint directory, uint address)
    {
        var error = task.ReadPath(targetAddress, out string target);
        if (error != Errno.None) return error;
        if (target.Length == 0) return Errno.ENOENT;
        error = Begin(task, directory, address, out var start, out string path);
        return error != Errno.None ? error : task.Machine.Tree.MakeSymbolicLink(start, path, target);
    }

    static Result ReadLink(Task task, in CallArguments a) => ReadLink(task, Cwd, a[0], a[1], a[2]);

    static Result ReadLinkAt(Task task, in CallArguments a) => ReadLink(task, a[0], a[1], a[2], a[3]);

    static Result ReadLink(Task task, uint directory, uint address, uint buffer, uint size)
    {
        if ((int)size <= 0) return Errno.EINVAL;
        var error = task.ReadPath(address, out string path);
        if (error != Errno.None) return error;
        bool isEmpty = path.Length == 0;
        error = task.Walk(directory, path, WalkFlags.NoFollow | (directory == Cwd ? 0 : WalkFlags.EmptyPath), task.Credentials.ForFiles, out var dentry);
        if (error != Errno.None) return error;
        error = task.Machine.Tree.ReadLink(dentry, out string target);
        // A descriptor that is no link's is no name of one.
        if (error == Errno.EINVAL && isEmpty) return Errno.ENOENT;
        if (error != Errno.None) return error;
        byte[] bytes = GuestText.ToBytes(target);
        int length = (int)Math.Min(size, (uint)bytes.Length);
        return task.AddressSpace!.Write(buffer, bytes.AsSpan(0, length)) ? length : Errno.EFAULT;
    }
}
