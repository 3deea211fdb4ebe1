namespace CheckpointRestart.Core.Files;

/// <content>open(2) with O_TMPFILE.</content>
public sealed partial class FileTree
{
    /// <summary>A file without a name in the directory's file system; link(2) may give it one, unless O_EXCL was given.</summary>
    IoResult OpenTemporary(in PathStart at, string path, OpenFlags flags, uint mode, out OpenFile? file, WalkFlags walk)
    {
        file = null;
        if ((OpenFile.AccessOf(flags) & FMode.Write) == 0 || (flags & OpenFlags.Create) != 0) return Errno.EINVAL;
        var error = Walk(at, path, walk | WalkFlags.Directory, out var found);
        if (error != Errno.None) return error;
        error = WritableDirectory(at.Who, found!, out var directory);
        if (error != Errno.None) return found!.Inode is TreeDirectory ? error : Errno.EOPNOTSUPP;
        if (directory!.Volume.WritesThrough) return Errno.EOPNOTSUPP;
        if (!limits.TryAddInode()) return Errno.ENOSPC;
        var inode = new RegularInode(directory.Volume, mode & FileModeBits.Permissions) { CountedBy = limits, Links = 0, IsLinkable = (flags & OpenFlags.Exclusive) == 0 };
        Permission.Own(at.Who, inode, directory);
        var dentry = new Dentry(directory.Self, $"#{inode.Number}", inode) { IsDeleted = true };
        return inode.Open(dentry, flags & ~(OpenFlags.Truncate | OpenFlags.Exclusive), out file);
    }
}
