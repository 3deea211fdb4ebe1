using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>Extended attributes: setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their siblings for links and open files. POSIX ACLs
/// (system.posix_acl_*) give EOPNOTSUPP, as on a file system that is mounted without them.</summary>
internal static class ExtendedAttributeCalls
{
    internal static readonly Syscall[] Table =
    [
        new(226, "setxattr", static (Task task, in CallArguments a) => Set(task, Find(task, a[0], WalkFlags.None, out var inode), inode, a), Support.Full),
        new(227, "lsetxattr", static (Task task, in CallArguments a) => Set(task, Find(task, a[0], WalkFlags.NoFollow, out var inode), inode, a), Support.Full),
        new(228, "fsetxattr", static (Task task, in CallArguments a) => Set(task, Open(task, a[0], out var inode), inode, a), Support.Full),
        new(229, "getxattr", static (Task task, in CallArguments a) => Get(task, Find(task, a[0], WalkFlags.None, out var inode), inode, a), Support.Full),
        new(230, "lgetxattr", static (Task task, in CallArguments a) => Get(task, Find(task, a[0], WalkFlags.NoFollow, out var inode), inode, a), Support.Full),
        new(231, "fgetxattr", static (Task task, in CallArguments a) => Get(task, Open(task, a[0], out var inode), inode, a), Support.Full),
        new(232, "listxattr", static (Task task, in CallArguments a) => List(task, Find(task, a[0], WalkFlags.None, out var inode), inode, a), Support.Full),
        new(233, "llistxattr", static (Task task, in CallArguments a) => List(task, Find(task, a[0], WalkFlags.NoFollow, out var inode), inode, a), Support.Full),
        new(234, "flistxattr", static (Task task, in CallArguments a) => List(task, Open(task, a[0], out var inode), inode, a), Support.Full),
        new(235, "removexattr", static (Task task, in CallArguments a) => Remove(task, Find(task, a[0], WalkFlags.None, out var inode), inode, a), Support.Full),
        new(236, "lremovexattr", static (Task task, in CallArguments a) => Remove(task, Find(task, a[0], WalkFlags.NoFollow, out var inode), inode, a), Support.Full),
        new(237, "fremovexattr", static (Task task, in CallArguments a) => Remove(task, Open(task, a[0], out var inode), inode, a), Support.Full),
    ];

    const uint MostBytes = 65536;
    const uint MustBeNew = 1, MustExist = 2;

    static Errno Find(Task task, uint path, WalkFlags flags, out Inode? inode)
    {
        var error = task.Walk(path, flags, out var dentry);
        inode = error == Errno.None ? dentry.Inode : null;
        return error;
    }

    static Errno Open(Task task, uint descriptor, out Inode? inode)
    {
        var error = task.GetRealFile(descriptor, out var file);
        inode = error == Errno.None ? file.Inode : null;
        return error;
    }

    static Errno Name(Task task, uint address, out string name)
    {
        name = "";
        var error = task.AddressSpace!.ReadString(address, 257, out var bytes);
        if (error == Errno.ENAMETOOLONG) return Errno.ERANGE;
        if (error != Errno.None) return error;
        name = GuestText.FromBytes(bytes);
        return Inode.CheckAttributeName(bytes.Length);
    }

    static Result Set(Task task, Errno found, Inode? inode, in CallArguments a)
    {
        if ((a[4] & ~(MustBeNew | MustExist)) != 0) return Errno.EINVAL;
        if (found != Errno.None) return found;
        var error = Name(task, a[1], out string name);
        if (error != Errno.None) return error;
        if (a[3] > MostBytes) return Errno.E2BIG;
        var value = new byte[a[3]];
        if (!task.AddressSpace!.Read(a[2], value)) return Errno.EFAULT;
        return task.Machine.Tree.SetAttribute(inode!, name, value, (a[4] & MustBeNew) != 0, (a[4] & MustExist) != 0, task.Credentials.ForFiles);
    }

    static Result Get(Task task, Errno found, Inode? inode, in CallArguments a)
    {
        if (found != Errno.None) return found;
        var error = Name(task, a[1], out string name);
        if (error != Errno.None) return error;
        error = task.Machine.Tree.GetAttribute(inode!, name, out var value, task.Credentials.ForFiles);
        return error != Errno.None ? error : Give(task, value, a[2], a[3]);
    }

    static Result List(Task task, Errno found, Inode? inode, in CallArguments a)
    {
        if (found != Errno.None) return found;
        var names = new List<byte>();
        foreach (string name in inode!.AttributeNames)
        {
            names.AddRange(GuestText.ToBytes(name));
            names.Add(0);
        }
        return Give(task, [.. names], a[1], a[2]);
    }

    static Result Remove(Task task, Errno found, Inode? inode, in CallArguments a)
    {
        if (found != Errno.None) return found;
        var error = Name(task, a[1], out string name);
        return error != Errno.None ? error : task.Machine.Tree.RemoveAttribute(inode!, name, task.Credentials.ForFiles);
    }

    /// <summary>No room asks how much is needed; too little is ERANGE.</summary>
    static Result Give(Task task, byte[] bytes, uint address, uint size) =>
        size == 0 ? bytes.Length
        : bytes.Length > size ? Errno.ERANGE
        : task.AddressSpace!.Write(address, bytes) ? bytes.Length : Errno.EFAULT;
}
