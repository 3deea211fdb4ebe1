namespace CheckpointRestart.Core.Files;

/// <content>open(2).</content>
public sealed partial class FileTree
{
    const OpenFlags TemporaryFileBit = (OpenFlags)0x400000;

    /// <summary>open(2).</summary>
    /// <param name="at">Where a relative path starts.</param>
    /// <param name="path">Guest path.</param>
    /// <param name="flags">As given by the guest.</param>
    /// <param name="mode">Permissions of a file that is made, with the umask taken off.</param>
    /// <param name="file">The open file with one reference.</param>
    /// <param name="walk">Restrictions of openat2(2).</param>
    /// <returns>0 with the file; "would block" with a file that goes on with <see cref="OpenFile.ContinueOpen"/> (a FIFO), or is released; an errno.</returns>
    public IoResult Open(in PathStart at, string path, OpenFlags flags, uint mode, out OpenFile? file, WalkFlags walk = WalkFlags.None)
    {
        file = null;
        if ((flags & OpenFlags.Path) != 0) flags &= OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec;
        if (path.Length == 0) return Errno.ENOENT;
        if (IsTooLong(path)) return Errno.ENAMETOOLONG;
        if ((flags & TemporaryFileBit) != 0) return (flags & OpenFlags.Directory) == 0 ? Errno.EINVAL : OpenTemporary(at, path, flags, mode, out file, walk);
        var walker = new Walker(at, walk);
        if ((flags & OpenFlags.Create) != 0)
            return (flags & OpenFlags.Directory) != 0 ? Errno.EINVAL : OpenOrCreate(ref walker, at.Directory, path, flags, mode, out file);
        bool follow = (flags & OpenFlags.NoFollow) == 0 && (walk & WalkFlags.NoFollow) == 0;
        var error = WalkAll(ref walker, at.Directory, path, follow, out var dentry);
        return error != Errno.None ? error : OpenFound(dentry!, flags, out file, at.Who);
    }

    /// <summary>Opens what was found before: for execve(2), /proc/self/fd and a restored file.</summary>
    public IoResult OpenFound(Dentry dentry, OpenFlags flags, out OpenFile? file, FileIdentity? who = null)
    {
        file = null;
        var inode = dentry.Inode;
        if ((flags & OpenFlags.Directory) != 0 && !inode.IsDirectory) return Errno.ENOTDIR;
        if ((flags & OpenFlags.Path) != 0)
        {
            file = new PathFile(dentry, flags);
            return Errno.None;
        }
        if (inode.IsSymbolicLink) return Errno.ELOOP;
        bool writes = (flags & (OpenFlags.AccessMode | OpenFlags.Truncate | OpenFlags.Create)) != 0;
        if (writes && inode.IsDirectory) return Errno.EISDIR;
        if (who != null)
        {
            var error = Permission.Check(who, inode, RightsOf(flags));
            if (error != Errno.None) return error;
            if ((flags & OpenFlags.NoAccessTime) != 0 && !who.IsOwner(inode)) return Errno.EPERM;
        }
        return HasOpened(inode.Open(dentry, flags, out file), dentry, (flags & OpenFlags.Truncate) != 0);
    }

    static IoResult HasOpened(in IoResult result, Dentry dentry, bool isCut)
    {
        if (result.IsError) return result;
        FileNotices.Send(dentry, FileEvents.Open);
        if (isCut && dentry.Inode.IsRegular) FileNotices.Send(dentry, FileEvents.Modify);
        return result;
    }

    /// <summary>What open(2) asks of the permission bits; access mode 3 asks for both and gives neither.</summary>
    static AccessRights RightsOf(OpenFlags flags)
    {
        var rights = (flags & OpenFlags.AccessMode) switch
        {
            OpenFlags.ReadOnly => AccessRights.Read,
            OpenFlags.WriteOnly => AccessRights.Write,
            _ => AccessRights.Read | AccessRights.Write,
        };
        return (flags & OpenFlags.Truncate) != 0 ? rights | AccessRights.Write : rights;
    }

    IoResult OpenOrCreate(ref Walker walker, Dentry start, string path, OpenFlags flags, uint mode, out OpenFile? file)
    {
        file = null;
        bool isExclusive = (flags & OpenFlags.Exclusive) != 0;
        while (true)
        {
            var error = WalkParent(ref walker, start, path, out var parent, out var last, out bool slash);
            if (error != Errno.None) return error;
            if (last.IsEmpty || last is "." or "..") return isExclusive ? Errno.EEXIST : Errno.EISDIR;
            if (slash) return Errno.EISDIR;
            error = Step(ref walker, parent, last, follow: false, out var child);
            if (error == Errno.ENOENT) return CreateAndOpen(walker.Who, parent, last.ToString(), flags, mode, out file);
            if (error != Errno.None) return error;
            if (isExclusive) return Errno.EEXIST;
            if (!child!.Inode.IsSymbolicLink) return OpenFound(child, flags, out file, walker.Who);
            if ((flags & OpenFlags.NoFollow) != 0) return Errno.ELOOP;
            error = Permission.Follow(walker.Who, parent.Inode, child.Inode);
            if (error != Errno.None) return error;
            error = ReadLinkOnTheWay(ref walker, child, out path, out var jump);
            if (error != Errno.None) return error;
            if (jump != null) return OpenFound(jump, flags, out file, walker.Who);
            start = parent;
        }
    }

    IoResult CreateAndOpen(FileIdentity? who, Dentry parent, string name, OpenFlags flags, uint mode, out OpenFile? file)
    {
        file = null;
        var error = WritableDirectory(who, parent, out var directory);
        if (error != Errno.None) return error;
        error = CreateRegular(who, directory!, name, mode & FileModeBits.Permissions, out var dentry);
        return error != Errno.None ? error : HasOpened(dentry!.Inode.Open(dentry, flags & ~OpenFlags.Truncate, out file), dentry, isCut: false);
    }
}
