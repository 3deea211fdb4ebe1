namespace CheckpointRestart.Core.Files;

/// <summary>Who asks for a file: ids and capabilities as they were at the call (Linux: the file part of struct cred). Null in its place is
/// the superuser, user 0 and group 0 with every capability, for whom next to nothing is checked.</summary>
/// <param name="Uid">The file user id: owner of what is made.</param>
/// <param name="Gid">The file group id.</param>
/// <param name="Groups">Supplementary groups, ascending.</param>
/// <param name="Effective">Effective capabilities.</param>
public sealed record FileIdentity(uint Uid, uint Gid, uint[] Groups, CapabilitySet Effective)
{
    /// <summary>in_group_p.</summary>
    public bool IsInGroup(uint gid) => gid == Gid || Array.BinarySearch(Groups, gid) >= 0;

    /// <summary>inode_owner_or_capable.</summary>
    public bool IsOwner(Inode inode) => inode.Uid == Uid || Effective.Has(Capability.FileOwner);

    /// <summary>inode_permission: EACCES when the owner's, the group's or everybody's bits, whichever applies, do not give all that is asked.</summary>
    internal Errno Check(Inode inode, AccessRights rights)
    {
        if (rights == AccessRights.Exists) return Errno.None;
        uint mode = inode.Mode;
        uint granted = inode.Uid == Uid ? mode >> 6 : IsInGroup(inode.Gid) ? mode >> 3 : mode;
        if (((uint)rights & ~granted & 7) == 0) return Errno.None;
        if (inode.IsDirectory)
        {
            if (inode is ProcDirectoryInode { IsOpen: { } isOpen } && isOpen()) return Errno.None;
            return ((rights & AccessRights.Write) == 0 && Effective.Has(Capability.ReadAndSearch)) || Effective.Has(Capability.OverrideAccess) ? Errno.None : Errno.EACCES;
        }
        if (rights == AccessRights.Read && Effective.Has(Capability.ReadAndSearch)) return Errno.None;
        return Effective.Has(Capability.OverrideAccess) && ((rights & AccessRights.Execute) == 0 || (mode & FileModeBits.AnyExecute) != 0) ? Errno.None : Errno.EACCES;
    }
}

/// <summary>The questions that operations ask, where no identity is the superuser's.</summary>
internal static class Permission
{
    /// <summary>Whether a file may be read, written, executed or, a directory, searched.</summary>
    public static Errno Check(FileIdentity? who, Inode inode, AccessRights rights)
    {
        var error = inode.Load();
        if (error != Errno.None) return error;
        if (who != null) return who.Check(inode, rights);
        return (rights & AccessRights.Execute) == 0 || inode.IsDirectory || (inode.Mode & FileModeBits.AnyExecute) != 0 ? Errno.None : Errno.EACCES;
    }

    public static bool Has(FileIdentity? who, Capability capability) => who == null || who.Effective.Has(capability);

    public static bool IsOwner(FileIdentity? who, Inode inode) => who == null || who.IsOwner(inode);

    public static bool IsInGroup(FileIdentity? who, uint gid) => who == null ? gid == 0 : who.IsInGroup(gid);

    /// <summary>Whether names may be entered in a directory or taken out.</summary>
    public static Errno Change(FileIdentity? who, Inode directory) =>
        who == null ? Errno.None : who.Check(directory, AccessRights.Write | AccessRights.Execute);

    /// <summary>may_delete: also that in a sticky directory only the owner of the file or of the directory takes a name off (EPERM).</summary>
    public static Errno Remove(FileIdentity? who, Inode directory, Inode victim)
    {
        if (who == null) return Errno.None;
        var error = who.Check(directory, AccessRights.Write | AccessRights.Execute);
        if (error != Errno.None || (directory.Mode & FileModeBits.Sticky) == 0) return error;
        return victim.Uid == who.Uid || directory.Uid == who.Uid || who.Effective.Has(Capability.FileOwner) ? Errno.None : Errno.EPERM;
    }

    /// <summary>may_follow_link with protected_symlinks: in a sticky directory that all may write, a link is followed by its owner, or when
    /// it is the directory's owner's.</summary>
    public static Errno Follow(FileIdentity? who, Inode directory, Inode link)
    {
        const uint shared = FileModeBits.Sticky | 2;
        uint uid = who?.Uid ?? 0;
        return link.Uid == uid || (directory.Mode & shared) != shared || directory.Uid == link.Uid ? Errno.None : Errno.EACCES;
    }

    /// <summary>may_linkat with protected_hardlinks: who is not the owner links only to plain files that he may read and write.</summary>
    public static Errno Link(FileIdentity? who, Inode inode)
    {
        const uint setGroupAndExecute = FileModeBits.SetGroupId | 8;
        if (IsOwner(who, inode)) return Errno.None;
        bool isSafe = inode.IsRegular && (inode.Mode & FileModeBits.SetUserId) == 0 && (inode.Mode & setGroupAndExecute) != setGroupAndExecute
            && Check(who, inode, AccessRights.Read | AccessRights.Write) == Errno.None;
        return isSafe ? Errno.None : Errno.EPERM;
    }

    /// <summary>Owner, group and the set-group-id bit of a file that is made in a directory (Linux: inode_init_owner, mode_strip_sgid).</summary>
    public static void Own(FileIdentity? who, Inode inode, Inode directory)
    {
        const uint setGroupAndExecute = FileModeBits.SetGroupId | 8;
        inode.Uid = who?.Uid ?? 0;
        inode.Gid = who?.Gid ?? 0;
        if ((directory.Mode & FileModeBits.SetGroupId) == 0) return;
        inode.Gid = directory.Gid;
        if (!inode.IsDirectory && (inode.Mode & setGroupAndExecute) == setGroupAndExecute && !IsInGroup(who, directory.Gid) && !Has(who, Capability.FileSetId))
            inode.Mode &= ~FileModeBits.SetGroupId;
    }
}
