using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <content>Making files: mkdir(2), mknod(2), symlink(2), link(2), and open(2) with O_CREAT.</content>
public sealed partial class FileTree
{
    const uint MostNames = 65000;

    /// <summary>mkdir(2).</summary>
    public Errno MakeDirectory(in PathStart at, string path, uint mode)
    {
        var error = WalkToNew(at, path, isDirectory: true, out var directory, out string name);
        if (error != Errno.None) return error;
        if (!limits.TryAddInode()) return Errno.ENOSPC;
        uint permissions = (mode & 0x3FF) | (directory!.Mode & FileModeBits.SetGroupId);
        var host = HostFor(directory, name);
        error = host?.Root.MakeDirectory(host.Path, permissions) ?? Errno.None;
        if (error != Errno.None)
        {
            limits.RemoveInode();
            return error;
        }
        var made = new TreeDirectory(directory.Volume, directory.Self, name, permissions, host) { CountedBy = limits };
        made.MarkNew(permissions);
        Permission.Own(at.Who, made, directory);
        directory.Insert(made.Self);
        FileNotices.SendName(directory, FileEvents.Create, name, isDirectory: true);
        return Errno.None;
    }

    /// <summary>mknod(2): regular files, FIFOs, sockets and device files.</summary>
    /// <param name="at">Where a relative path starts.</param>
    /// <param name="path">Guest path.</param>
    /// <param name="mode">Type and permissions; no type is a regular file.</param>
    /// <param name="device">For a device file (<see cref="FileSystem.MakeDevice"/>).</param>
    public Errno MakeNode(in PathStart at, string path, uint mode, uint device)
    {
        uint type = mode & FileModeBits.TypeMask, permissions = mode & FileModeBits.Permissions;
        if (type == FileModeBits.Directory) return Errno.EPERM;
        if (type is not (0 or FileModeBits.Regular or FileModeBits.Fifo or FileModeBits.Socket or FileModeBits.CharacterDevice or FileModeBits.BlockDevice))
            return Errno.EINVAL;
        var error = WalkToNew(at, path, isDirectory: false, out var directory, out string name);
        if (error != Errno.None) return error;
        if (type is FileModeBits.CharacterDevice or FileModeBits.BlockDevice && !Permission.Has(at.Who, Capability.MakeNode)) return Errno.EPERM;
        if (type is 0 or FileModeBits.Regular) return CreateRegular(at.Who, directory!, name, permissions, out _);
        var host = HostFor(directory!, name);
        if (host != null)
        {
            error = type == FileModeBits.Fifo ? host.Root.MakeFifo(host.Path, permissions) : Errno.EPERM;
            if (error != Errno.None) return error;
        }
        if (!limits.TryAddInode()) return Errno.ENOSPC;
        bool isDevice = type is FileModeBits.CharacterDevice or FileModeBits.BlockDevice;
        var inode = new SpecialInode(directory!.Volume, type | permissions, isDevice ? device : 0, host) { CountedBy = limits };
        Permission.Own(at.Who, inode, directory);
        directory.Insert(new Dentry(directory.Self, name, inode));
        FileNotices.SendName(directory, FileEvents.Create, name, isDirectory: false);
        return Errno.None;
    }

    /// <summary>symlink(2).</summary>
    public Errno MakeSymbolicLink(in PathStart at, string path, string target)
    {
        if (target.Length == 0) return Errno.ENOENT;
        if (IsTooLong(target)) return Errno.ENAMETOOLONG;
        var error = WalkToNew(at, path, isDirectory: false, out var directory, out string name);
        if (error != Errno.None) return error;
        var host = HostFor(directory!, name);
        error = host?.Root.MakeSymbolicLink(host.Path, target) ?? Errno.None;
        if (error != Errno.None) return error;
        if (!limits.TryAddInode()) return Errno.ENOSPC;
        var inode = new SymbolicLinkInode(directory!.Volume, target, host) { CountedBy = limits };
        Permission.Own(at.Who, inode, directory);
        directory.Insert(new Dentry(directory.Self, name, inode));
        FileNotices.SendName(directory, FileEvents.Create, name, isDirectory: false);
        return Errno.None;
    }

    /// <summary>link(2): a further name for a file.</summary>
    public Errno Link(Dentry existing, in PathStart at, string path)
    {
        var inode = existing.Inode;
        var error = WalkToNew(at, path, isDirectory: false, out var directory, out string name);
        if (error != Errno.None) return error;
        if (inode.FileSystem != directory!.FileSystem) return Errno.EXDEV;
        error = Permission.Link(at.Who, inode);
        if (error != Errno.None) return error;
        if (inode.IsDirectory) return Errno.EPERM;
        if (inode.Links == 0 && inode is not RegularInode { IsLinkable: true }) return Errno.ENOENT;
        if (inode.Links >= MostNames) return Errno.EMLINK;
        if (directory.Host != null && directory.Volume.WritesThrough)
        {
            if (inode.Host == null) return Errno.EPERM;
            var host = HostFor(directory, name)!;
            error = host.Root.Link(inode.Host.Path, host.Path);
            if (error != Errno.None) return error;
            inode.AddHostName(host);
        }
        inode.Links++;
        if (inode is RegularInode file) file.IsLinkable = false;
        inode.ChangeTime = Now;
        FileNotices.SendSelf(inode, FileEvents.Attributes);
        directory.Insert(new Dentry(directory.Self, name, inode));
        FileNotices.SendName(directory, FileEvents.Create, name, isDirectory: false);
        return Errno.None;
    }

    /// <summary>Goes to the directory of a name that must not exist yet.</summary>
    static Errno WalkToNew(in PathStart at, string path, bool isDirectory, out TreeDirectory? directory, out string name)
    {
        directory = null;
        name = "";
        if (IsTooLong(path)) return Errno.ENAMETOOLONG;
        var walker = new Walker(at, WalkFlags.None);
        var error = WalkParent(ref walker, at.Directory, path, out var parent, out var last, out bool slash);
        if (error != Errno.None) return error;
        if (last.IsEmpty || last is "." or "..") return Errno.EEXIST;
        error = Step(ref walker, parent, last, follow: false, out _);
        if (error == Errno.None) return Errno.EEXIST;
        if (error != Errno.ENOENT) return error;
        if (slash && !isDirectory) return Errno.ENOENT;
        name = last.ToString();
        return WritableDirectory(at.Who, parent, out directory);
    }

    /// <summary>A directory in which names can be made: not /proc, not one that was removed (ENOENT).</summary>
    static Errno WritableDirectory(FileIdentity? who, Dentry parent, out TreeDirectory? directory)
    {
        directory = parent.Inode as TreeDirectory;
        if (directory == null || parent.IsDeleted) return Errno.ENOENT;
        var error = directory.Load();
        return error != Errno.None ? error : Permission.Change(who, directory);
    }

    Errno CreateRegular(FileIdentity? who, TreeDirectory directory, string name, uint permissions, out Dentry? dentry)
    {
        dentry = null;
        if (!limits.TryAddInode()) return Errno.ENOSPC;
        var host = HostFor(directory, name);
        RegularInode inode;
        if (host == null)
        {
            inode = new RegularInode(directory.Volume, permissions);
        }
        else
        {
            var error = host.Root.CreateFile(host.Path, permissions, out SafeFileHandle? handle);
            if (error != Errno.None)
            {
                limits.RemoveInode();
                return error;
            }
            inode = new RegularInode(directory.Volume, host);
            inode.Created(handle!, permissions);
        }
        inode.CountedBy = limits;
        Permission.Own(who, inode, directory);
        dentry = new Dentry(directory.Self, name, inode);
        directory.Insert(dentry);
        FileNotices.SendName(directory, FileEvents.Create, name, isDirectory: false);
        return Errno.None;
    }

    static HostNode? HostFor(TreeDirectory directory, string name) =>
        directory.Volume.WritesThrough && directory.Host != null ? new HostNode(directory.Host.Root, directory.Host, name) : null;
}
