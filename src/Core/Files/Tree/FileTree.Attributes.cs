namespace CheckpointRestart.Core.Files;

/// <content>Attributes of files: chmod(2), chown(2), utimensat(2), truncate(2), access(2), statfs(2).</content>
public sealed partial class FileTree
{
    const uint GroupExecute = 8;

    /// <summary>chmod(2).</summary>
    public Errno SetMode(Inode inode, uint mode)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (inode.IsSymbolicLink) return Errno.EOPNOTSUPP;
        if (inode is ProcTextInode or ProcDirectoryInode) return Errno.EPERM;
        mode &= FileModeBits.Permissions;
        var host = WritableHost(inode);
        if (host != null && (error = host.Root.SetMode(host.Path, mode)) != Errno.None) return error;
        inode.Mode = inode.Type | mode;
        inode.ChangeTime = Now;
        return Errno.None;
    }

    /// <summary>chown(2); null leaves as it is. Owners are the machine's own: the host's files keep theirs.</summary>
    public Errno SetOwner(Inode inode, uint? uid, uint? gid)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (inode is ProcTextInode or ProcDirectoryInode or ProcLinkInode) return Errno.EPERM;
        inode.Uid = uid ?? inode.Uid;
        inode.Gid = gid ?? inode.Gid;
        if (!inode.IsDirectory)
        {
            uint mode = inode.Mode & ~FileModeBits.SetUserId;
            inode.Mode = (mode & GroupExecute) != 0 ? mode & ~FileModeBits.SetGroupId : mode;
        }
        inode.ChangeTime = Now;
        return Errno.None;
    }

    /// <summary>utimensat(2); null leaves as it is.</summary>
    public Errno SetTimes(Inode inode, Timespec? access, Timespec? modify)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (inode is ProcTextInode or ProcDirectoryInode or ProcLinkInode) return Errno.EPERM;
        inode.AccessTime = access ?? inode.AccessTime;
        inode.ModifyTime = modify ?? inode.ModifyTime;
        inode.ChangeTime = Now;
        if (inode is RegularInode file) file.TimesChanged();
        else if (WritableHost(inode) is { } host) return host.Root.SetTimes(host.Path, inode.AccessTime, inode.ModifyTime);
        return Errno.None;
    }

    /// <summary>truncate(2).</summary>
    public Errno Truncate(Inode inode, long size) =>
        inode.IsDirectory ? Errno.EISDIR
        : size < 0 || !inode.IsRegular ? Errno.EINVAL
        : inode.Truncate(size);

    /// <summary>access(2) for the superuser, who is denied only the execution of a file without any x bit.</summary>
    public Errno CheckAccess(Inode inode, AccessRights rights)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if ((rights & AccessRights.Execute) == 0 || inode.IsDirectory) return Errno.None;
        return (inode.Mode & FileModeBits.AnyExecute) != 0 ? Errno.None : Errno.EACCES;
    }

    /// <summary>statfs(2).</summary>
    public FileSystemData StatFileSystem(Inode inode)
    {
        bool isStorage = inode.FileSystem.Magic is OverlayMagic or TemporaryMagic;
        long blocks = isStorage ? limits.Limit / 4096 : 0;
        long free = isStorage ? Math.Max(0, limits.Limit - limits.Used) / 4096 : 0;
        return new FileSystemData
        {
            Magic = inode.FileSystem.Magic,
            BlockSize = 4096,
            Blocks = blocks,
            FreeBlocks = free,
            Inodes = isStorage ? limits.InodeLimit : 0,
            FreeInodes = isStorage ? limits.InodeLimit - limits.Inodes : 0,
            NameLength = NameMax,
            Flags = 0x20 | 0x400,
            Device = inode.FileSystem.Device,
        };
    }

    static HostNode? WritableHost(Inode inode) => inode switch
    {
        RegularInode file when file.WritesThrough => file.Host,
        TreeDirectory { Volume.WritesThrough: true } directory => directory.Host,
        _ => null,
    };
}
