namespace CheckpointRestart.Core.Files;

/// <content>Attributes of files: chmod(2), chown(2), utimensat(2), truncate(2), access(2), statfs(2).</content>
public sealed partial class FileTree
{
    const uint GroupExecute = 8;

    /// <summary>chmod(2).</summary>
    public Errno SetMode(Inode inode, uint mode, FileIdentity? who = null)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (inode.IsSymbolicLink) return Errno.EOPNOTSUPP;
        if (inode is ProcTextInode or ProcDirectoryInode) return Errno.EPERM;
        if (!Permission.IsOwner(who, inode)) return Errno.EPERM;
        mode &= FileModeBits.Permissions;
        if (who != null && !who.IsInGroup(inode.Gid) && !who.Effective.Has(Capability.FileSetId)) mode &= ~FileModeBits.SetGroupId;
        var host = WritableHost(inode);
        if (host != null && (error = host.Root.SetMode(host.Path, mode)) != Errno.None) return error;
        inode.Mode = inode.Type | mode;
        inode.ChangeTime = Now;
        FileNotices.SendInode(inode, FileEvents.Attributes);
        return Errno.None;
    }

    /// <summary>chown(2); null leaves as it is. Owners are the machine's own: the host's files keep theirs.</summary>
    public Errno SetOwner(Inode inode, uint? uid, uint? gid, FileIdentity? who = null)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (inode is ProcTextInode or ProcDirectoryInode or ProcLinkInode) return Errno.EPERM;
        if (who != null && !who.Effective.Has(Capability.ChangeOwner))
        {
            if (uid != null && (inode.Uid != who.Uid || uid != inode.Uid)) return Errno.EPERM;
            if (gid != null && (inode.Uid != who.Uid || (gid != inode.Gid && !who.IsInGroup(gid.Value)))) return Errno.EPERM;
        }
        bool losesGroup = LosesSetGroupId(inode, who);
        inode.Uid = uid ?? inode.Uid;
        inode.Gid = gid ?? inode.Gid;
        if (!inode.IsDirectory)
        {
            inode.Mode &= ~FileModeBits.SetUserId;
            if (losesGroup) inode.Mode &= ~FileModeBits.SetGroupId;
        }
        inode.ChangeTime = Now;
        FileNotices.SendInode(inode, FileEvents.Attributes);
        return Errno.None;
    }

    /// <summary>utimensat(2); null leaves as it is.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="access">Time of the last access.</param>
    /// <param name="modify">Time of the last change of its contents.</param>
    /// <param name="who">Whose rights are looked at.</param>
    /// <param name="isNow">True when both are the present, for which the right to write is enough.</param>
    public Errno SetTimes(Inode inode, Timespec? access, Timespec? modify, FileIdentity? who = null, bool isNow = false)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (!Permission.IsOwner(who, inode))
        {
            if (!isNow) return Errno.EPERM;
            error = Permission.Check(who, inode, AccessRights.Write);
            if (error != Errno.None) return error;
        }
        if (inode is ProcTextInode or ProcDirectoryInode or ProcLinkInode) return Errno.EPERM;
        inode.AccessTime = access ?? inode.AccessTime;
        inode.ModifyTime = modify ?? inode.ModifyTime;
        inode.ChangeTime = Now;
        FileNotices.SendInode(inode, access == null ? FileEvents.Modify : modify == null ? FileEvents.Access : FileEvents.Attributes);
        if (inode is RegularInode file) file.TimesChanged();
        else if (WritableHost(inode) is { } host) return host.Root.SetTimes(host.Path, inode.AccessTime, inode.ModifyTime);
        return Errno.None;
    }

    /// <summary>setxattr(2).</summary>
    /// <returns>None; EEXIST, ENODATA, ENOSPC, EPERM, EOPNOTSUPP, EINVAL.</returns>
    public Errno SetAttribute(Inode inode, string name, byte[] value, bool mustBeNew = false, bool mustExist = false, FileIdentity? who = null)
    {
        var error = CheckAttributeRights(inode, name, AccessRights.Write, who);
        return error != Errno.None ? error : inode.SetAttribute(name, value, mustBeNew, mustExist, limits, Now);
    }

    /// <summary>getxattr(2).</summary>
    /// <returns>None; ENODATA, EACCES, EOPNOTSUPP.</returns>
    public Errno GetAttribute(Inode inode, string name, out byte[] value, FileIdentity? who = null)
    {
        value = [];
        var error = CheckAttributeRights(inode, name, AccessRights.Read, who);
        return error != Errno.None ? error : inode.GetAttribute(name, out value);
    }

    /// <summary>removexattr(2).</summary>
    public Errno RemoveAttribute(Inode inode, string name, FileIdentity? who = null)
    {
        var error = CheckAttributeRights(inode, name, AccessRights.Write, who);
        return error != Errno.None ? error : inode.RemoveAttribute(name, Now);
    }

    /// <summary>xattr_permission: user.* goes by the file's permission bits, and trusted.* and changes of security.* are the administrator's.</summary>
    static Errno CheckAttributeRights(Inode inode, string name, AccessRights rights, FileIdentity? who)
    {
        bool isChange = rights == AccessRights.Write;
        if (name.StartsWith("trusted.", StringComparison.Ordinal))
            return Permission.Has(who, Capability.Administration) ? Errno.None : isChange ? Errno.EPERM : Errno.ENODATA;
        if (name.StartsWith("security.", StringComparison.Ordinal))
            return !isChange || Permission.Has(who, name == "security.capability" ? Capability.SetFileCapabilities : Capability.Administration) ? Errno.None : Errno.EPERM;
        return name.StartsWith("user.", StringComparison.Ordinal) && (inode.IsRegular || inode.IsDirectory) ? Permission.Check(who, inode, rights) : Errno.None;
    }

    /// <summary>truncate(2).</summary>
    public Errno Truncate(Inode inode, long size, FileIdentity? who = null)
    {
        if (inode.IsDirectory) return Errno.EISDIR;
        if (size < 0 || !inode.IsRegular) return Errno.EINVAL;
        var error = who == null ? Errno.None : Permission.Check(who, inode, AccessRights.Write);
        if (error == Errno.None) error = inode.Truncate(size);
        if (error != Errno.None) return error;
        DropPrivileges(inode, who);
        FileNotices.SendInode(inode, FileEvents.Modify);
        return error;
    }

    /// <summary>A change of its contents by who may not set such bits takes set-user-id and set-group-id off a file (file_remove_privs).</summary>
    public static void DropPrivileges(Inode inode, FileIdentity? who)
    {
        if (!inode.IsRegular || (inode.Mode & (FileModeBits.SetUserId | FileModeBits.SetGroupId)) == 0 || Permission.Has(who, Capability.FileSetId)) return;
        inode.Mode &= ~FileModeBits.SetUserId;
        if (LosesSetGroupId(inode, who)) inode.Mode &= ~FileModeBits.SetGroupId;
    }

    /// <summary>setattr_should_drop_sgid: where the group may execute, and for who is not of the group.</summary>
    static bool LosesSetGroupId(Inode inode, FileIdentity? who) =>
        (inode.Mode & GroupExecute) != 0 || (who != null && !who.IsInGroup(inode.Gid) && !who.Effective.Has(Capability.FileSetId));

    /// <summary>access(2). The superuser is denied only the execution of a file without any x bit.</summary>
    public static Errno CheckAccess(Inode inode, AccessRights rights, FileIdentity? who = null) => Permission.Check(who, inode, rights);

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
