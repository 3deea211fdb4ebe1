namespace CheckpointRestart.Core.Files;

/// <content>Removing and moving names: unlink(2), rmdir(2), rename(2).</content>
public sealed partial class FileTree
{
    /// <summary>unlink(2).</summary>
    public Errno Unlink(in PathStart at, string path)
    {
        var error = WalkToOld(at, path, out var parent, out var last, out bool slash);
        if (error != Errno.None) return error;
        if (last.IsEmpty || last is "." or "..") return Errno.EISDIR;
        var walker = new Walker(at, WalkFlags.None);
        error = Step(ref walker, parent, last, follow: false, out var child);
        if (error != Errno.None) return error;
        if (slash) return child!.Inode.IsDirectory ? Errno.EISDIR : Errno.ENOTDIR;
        error = Permission.Remove(at.Who, parent.Inode, child!.Inode);
        if (error != Errno.None) return error;
        if (child.Inode.IsDirectory) return Errno.EISDIR;
        if (parent.Inode is not TreeDirectory directory) return Errno.EPERM;
        return RemoveName(directory, child, isReplaced: false);
    }

    /// <summary>rmdir(2).</summary>
    public Errno RemoveDirectory(in PathStart at, string path)
    {
        var error = WalkToOld(at, path, out var parent, out var last, out _);
        if (error != Errno.None) return error;
        if (last.IsEmpty) return Errno.EBUSY;
        if (last is ".") return Errno.EINVAL;
        if (last is "..") return Errno.ENOTEMPTY;
        var walker = new Walker(at, WalkFlags.None);
        error = Step(ref walker, parent, last, follow: false, out var child);
        if (error != Errno.None) return error;
        error = Permission.Remove(at.Who, parent.Inode, child!.Inode);
        if (error != Errno.None) return error;
        if (!child.Inode.IsDirectory) return Errno.ENOTDIR;
        if (child.IsMountPoint || ReferenceEquals(child, at.Root)) return Errno.EBUSY;
        if (parent.Inode is not TreeDirectory directory) return Errno.EPERM;
        error = CheckEmpty(child);
        return error != Errno.None ? error : RemoveName(directory, child, isReplaced: false);
    }

    /// <summary>renameat2(2).</summary>
    public Errno Rename(in PathStart from, string oldPath, in PathStart to, string newPath, RenameFlags flags)
    {
        bool isExchange = (flags & RenameFlags.Exchange) != 0, mustBeNew = (flags & RenameFlags.NoReplace) != 0;
        bool leavesWhiteout = (flags & RenameFlags.Whiteout) != 0;
        if (isExchange && (mustBeNew || leavesWhiteout)) return Errno.EINVAL;
        var error = WalkToOld(from, oldPath, out var oldParent, out var oldLast, out bool oldSlash);
        if (error != Errno.None) return error;
        error = WalkToOld(to, newPath, out var newParent, out var newLast, out bool newSlash);
        if (error != Errno.None) return error;
        if (oldParent.Inode.FileSystem != newParent.Inode.FileSystem) return Errno.EXDEV;
        if (oldLast.IsEmpty || oldLast is "." or "..") return Errno.EBUSY;
        if (newLast.IsEmpty || newLast is "." or "..") return mustBeNew ? Errno.EEXIST : Errno.EBUSY;

        var walker = new Walker(from, WalkFlags.None);
        error = Step(ref walker, oldParent, oldLast, follow: false, out var moved);
        if (error != Errno.None) return error;
        error = Step(ref walker, newParent, newLast, follow: false, out var target);
        if (error != Errno.None && (error != Errno.ENOENT || isExchange)) return error;
        if (target != null && mustBeNew) return Errno.EEXIST;
        if (isExchange && newSlash && !target!.Inode.IsDirectory) return Errno.ENOTDIR;
        if (!moved!.Inode.IsDirectory && (oldSlash || (newSlash && !isExchange))) return Errno.ENOTDIR;
        if (!ReferenceEquals(oldParent, newParent))
        {
            if (newParent.IsWithin(moved)) return Errno.EINVAL;
            if (target != null && oldParent.IsWithin(target)) return isExchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        }
        if (target != null && ReferenceEquals(target.Inode, moved.Inode)) return Errno.None;
        error = WritableDirectory(from.Who, oldParent, out var oldDirectory);
        if (error == Errno.None) error = Permission.Remove(from.Who, oldDirectory!, moved.Inode);
        if (error != Errno.None) return error;
        error = WritableDirectory(to.Who, newParent, out var newDirectory);
        if (error == Errno.None && target != null) error = Permission.Remove(to.Who, newDirectory!, target.Inode);
        if (error != Errno.None) return error;
        if (from.Who is { } who && !ReferenceEquals(oldParent, newParent))
        {
            // A directory's "..": writing to it is what moving it elsewhere is.
            if (moved.Inode.IsDirectory) error = Permission.Check(who, moved.Inode, AccessRights.Write);
            if (error == Errno.None && isExchange && target!.Inode.IsDirectory) error = Permission.Check(who, target.Inode, AccessRights.Write);
            if (error != Errno.None) return error;
        }
        if (target != null && !isExchange && target.Inode.IsDirectory != moved.Inode.IsDirectory)
            return moved.Inode.IsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
        if (moved.IsMountPoint || target is { IsMountPoint: true }) return Errno.EBUSY;
        if (target != null && !isExchange && target.Inode.IsDirectory && (error = CheckEmpty(target)) != Errno.None) return error;
        // An overlay has whiteouts of its own, and gives none away.
        if (leavesWhiteout && oldDirectory!.FileSystem.Magic != TemporaryMagic) return Errno.EINVAL;
        if (leavesWhiteout && !limits.TryAddInode()) return Errno.ENOSPC;
        string oldName = moved.Name;
        error = Move(moved, oldDirectory!, target, newDirectory!, newLast.ToString(), isExchange);
        if (!leavesWhiteout) return error;
        if (error != Errno.None) limits.RemoveInode();
        else LeaveWhiteout(oldDirectory!, oldName, from.Who);
        return error;
    }

    /// <summary>In the place of what was moved: a character device of no number, which hides what a layer below has by that name.</summary>
    void LeaveWhiteout(TreeDirectory directory, string name, FileIdentity? who)
    {
        var inode = new SpecialInode(directory.Volume, FileModeBits.CharacterDevice, 0) { CountedBy = limits };
        Permission.Own(who, inode, directory);
        directory.Insert(new Dentry(directory.Self, name, inode));
    }

    Errno Move(Dentry moved, TreeDirectory oldDirectory, Dentry? target, TreeDirectory newDirectory, string newName, bool isExchange)
    {
        string oldName = moved.Name;
        HostNode? movedHost = null, targetHost = null;
        if (oldDirectory.Volume.WritesThrough)
        {
            movedHost = moved.Inode.HostAt(oldDirectory.Host!, oldName);
            targetHost = target?.Inode.HostAt(newDirectory.Host!, newName);
            if (!isExchange && target is { Inode: RegularInode { Links: 1 } replaced }) replaced.KeepOpen();
            var error = oldDirectory.Host!.Root.Rename(oldDirectory.Host.PathOf(oldName), newDirectory.Host!.PathOf(newName), isExchange);
            if (error != Errno.None) return error;
        }
        if (target != null && !isExchange) _ = RemoveName(newDirectory, target, isReplaced: true);
        oldDirectory.Remove(moved);
        if (target != null && isExchange)
        {
            newDirectory.Remove(target);
            target.Name = oldName;
            target.HasMoved = true;
            oldDirectory.Insert(target);
            target.Inode.ChangeTime = Now;
            targetHost?.MoveTo(oldDirectory.Host!, oldName);
        }
        moved.Name = newName;
        moved.HasMoved = true;
        newDirectory.Insert(moved);
        moved.Inode.ChangeTime = Now;
        movedHost?.MoveTo(newDirectory.Host!, newName);
        TellMove(moved, oldDirectory, oldName, newDirectory, newName, isExchange ? null : target);
        if (target == null) return Errno.None;
        if (isExchange) TellMove(target, newDirectory, newName, oldDirectory, oldName, null);
        else target.Inode.EvictIfUnused();
        return Errno.None;
    }

    void TellMove(Dentry moved, TreeDirectory from, string oldName, TreeDirectory to, string newName, Dentry? replaced)
    {
        uint cookie = ++RenameCookie;
        FileNotices.SendName(from, FileEvents.MovedFrom, oldName, moved.Inode.IsDirectory, cookie);
        FileNotices.SendName(to, FileEvents.MovedTo, newName, moved.Inode.IsDirectory, cookie);
        if (replaced is { Inode.IsDirectory: false }) FileNotices.SendSelf(replaced.Inode, FileEvents.Attributes);
        FileNotices.SendSelf(moved.Inode, FileEvents.MoveSelf);
    }

    /// <summary>Takes a name off a file, which is gone with its last name and last user.</summary>
    /// <param name="isReplaced">True when the host has done it already, by a rename over it.</param>
    Errno RemoveName(TreeDirectory directory, Dentry child, bool isReplaced)
    {
        var inode = child.Inode;
        if (directory.Volume.WritesThrough && directory.Host != null)
        {
            if (!isReplaced)
            {
                if (inode is RegularInode { Links: 1 } file) file.KeepOpen();
                var error = directory.Host.Root.Remove(directory.Host.PathOf(child.Name), inode.IsDirectory);
                if (error != Errno.None) return error;
            }
            inode.RemoveHostName(directory.Host, child.Name);
        }
        directory.Remove(child);
        child.IsDeleted = true;
        inode.ChangeTime = Now;
        inode.Links = inode.IsDirectory ? 0 : inode.Links - 1;
        if (isReplaced) return Errno.None;
        if (!inode.IsDirectory) FileNotices.SendSelf(inode, FileEvents.Attributes);
        inode.EvictIfUnused();
        FileNotices.SendName(directory, FileEvents.Delete, child.Name, inode.IsDirectory);
        return Errno.None;
    }

    static Errno CheckEmpty(Dentry directory)
    {
        if (directory.Inode is not TreeDirectory tree) return Errno.EPERM;
        var error = tree.ListHost();
        return error != Errno.None ? error : tree.IsEmpty ? Errno.None : Errno.ENOTEMPTY;
    }

    static Errno WalkToOld(in PathStart at, string path, out Dentry parent, out ReadOnlySpan<char> last, out bool slash)
    {
        var walker = new Walker(at, WalkFlags.None);
        parent = at.Directory;
        last = default;
        slash = false;
        return IsTooLong(path) ? Errno.ENAMETOOLONG : WalkParent(ref walker, at.Directory, path, out parent, out last, out slash);
    }
}
