namespace CheckpointRestart.Core.Files;

/// <summary>The one inode behind all descriptors that stand for an object of the kernel and no file: epoll, eventfd, timerfd and the like (Linux: fs/anon_inodes.c).</summary>
internal sealed partial class AnonymousInode : Inode
{
    public AnonymousInode(FileSystem fileSystem, Timespec now) : base(fileSystem, FileSystem.RootInode, 0x180) =>
        AccessTime = ModifyTime = ChangeTime = now;

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return Errno.ENXIO;
    }
}

/// <content>Objects of the kernel that have descriptors but no place in the tree.</content>
public sealed partial class FileTree
{
    const uint AnonymousMagic = 0x09041934, AnonymousMinor = 15;

    AnonymousInode? anonymous;

    /// <summary>How many descriptors all epolls of the machine watch.</summary>
    internal int EpollWatches { get; set; }

    /// <summary>Inotify queues, and what they watch.</summary>
    internal int Inotifies { get; set; }

    internal int InotifyWatches { get; set; }

    /// <summary>What the next rename tells its two events by.</summary>
    internal uint RenameCookie { get; set; }

    /// <summary>The number of the next eventfd in its fdinfo.</summary>
    internal int NextEventNumber { get; set; }

    /// <summary>A name without a place, such as anon_inode:[eventpoll].</summary>
    /// <param name="name">What stands behind the colon.</param>
    public Dentry NewAnonymous(string name)
    {
        anonymous ??= new AnonymousInode(new FileSystem("anon_inodefs", AnonymousMagic, AnonymousMinor, limits.Opens), Now);
        return new Dentry(null, $"anon_inode:{name}", anonymous);
    }
}
