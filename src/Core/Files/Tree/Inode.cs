namespace CheckpointRestart.Core.Files;

/// <summary>A file of any kind, apart from its names.</summary>
public abstract partial class Inode
{
    uint mode;
    uint uid;
    uint gid;

    protected Inode(FileSystem fileSystem, ulong number, uint mode)
    {
        FileSystem = fileSystem;
        Number = number;
        this.mode = mode;
    }

    /// <summary>The file system that it belongs to.</summary>
    public FileSystem FileSystem { get; }

    /// <summary>Inode number, unique within the file system.</summary>
    public ulong Number { get; }

    /// <summary>Type and permissions (<see cref="FileModeBits"/>).</summary>
    public uint Mode
    {
        get
        {
            _ = Load();
            return mode;
        }
        internal set => mode = value;
    }

    /// <summary>The type bits of the mode.</summary>
    public uint Type => mode & FileModeBits.TypeMask;

    public bool IsDirectory => Type == FileModeBits.Directory;

    public bool IsRegular => Type == FileModeBits.Regular;

    public bool IsSymbolicLink => Type == FileModeBits.SymbolicLink;

    public bool IsFifo => Type == FileModeBits.Fifo;

    /// <summary>Names that the file has; a directory has 2 and one for each directory in it.</summary>
    public virtual uint Links { get; internal set; } = 1;

    public uint Uid
    {
        get
        {
            _ = Load();
            return uid;
        }
        internal set => uid = value;
    }

    public uint Gid
    {
        get
        {
            _ = Load();
            return gid;
        }
        internal set => gid = value;
    }

    /// <summary>The device that a device file stands for (<see cref="FileSystem.MakeDevice"/>).</summary>
    public uint RepresentedDevice { get; internal init; }

    /// <summary>Bytes.</summary>
    public virtual long Size => 0;

    /// <summary>Units of 512 bytes that the contents take.</summary>
    public virtual long Blocks => 0;

    public Timespec AccessTime { get; internal set; }

    public Timespec ModifyTime { get; internal set; }

    public Timespec ChangeTime { get; internal set; }

    /// <summary>Who watches it with inotify; null when nobody ever did.</summary>
    internal List<InotifyWatch>? Watches { get; set; }

    /// <summary>A name of it, the one that was made last.</summary>
    internal Dentry? Alias { get; set; }

    /// <summary>Advisory locks; null when none was ever asked for.</summary>
    public FileLocks? Locks { get; internal set; }

    /// <summary>Open files on this inode.</summary>
    public int OpenCount { get; private set; }

    /// <summary>Whether its contents and metadata are those of the host's file, and at its place there.</summary>
    public virtual FileOrigin Origin => FileOrigin.Machine;

    /// <summary>Learns the metadata of a host file, once; later calls cost nothing.</summary>
    /// <returns>None, or ESTALE, EACCES or EIO when the host's file is gone, changed or out of reach.</returns>
    public virtual Errno Load() => Errno.None;

    /// <summary>What stat(2) tells.</summary>
    public virtual Errno Stat(out StatData data)
    {
        var error = Load();
        data = error != Errno.None ? default : Facts(Links);
        return error;
    }

    /// <summary>The metadata, which are known.</summary>
    private protected StatData Facts(uint links) => new()
    {
        Device = FileSystem.Device,
        Inode = Number,
        Mode = mode,
        Links = links,
        Uid = uid,
        Gid = gid,
        RepresentedDevice = RepresentedDevice,
        Size = Size,
        BlockSize = 4096,
        Blocks = Blocks,
        AccessTime = AccessTime,
        ModifyTime = ModifyTime,
        ChangeTime = ChangeTime,
    };

    /// <summary>Makes an open file.</summary>
    /// <param name="dentry">The name that it was opened by.</param>
    /// <param name="flags">As given to open(2).</param>
    /// <param name="file">The open file with one reference; also while the open still waits (a FIFO): go on with <see cref="OpenFile.ContinueOpen"/>.</param>
    public abstract IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file);

    /// <summary>Sets the length of the contents.</summary>
    public virtual Errno Truncate(long size) => Errno.EINVAL;

    /// <summary>The last name and the last user are gone.</summary>
    internal virtual void Evict()
    {
    }

    internal virtual bool IsInUse => OpenCount > 0;

    internal void Opened() => OpenCount++;

    internal void Closed()
    {
        OpenCount--;
        EvictIfUnused();
    }

    /// <summary>Whose limit of files it counts for; null when the guest did not make it.</summary>
    internal StorageLimits? CountedBy { get; set; }

    internal void EvictIfUnused()
    {
        if (Links != 0 || IsInUse) return;
        FileNotices.SendGone(this);
        CountedBy?.RemoveInode();
        RefundAttributes();
        CountedBy = null;
        Evict();
    }
}

/// <summary>Where a file's contents come from, which decides what an image must carry or may refer to by name.</summary>
public enum FileOrigin
{
    /// <summary>Made by the machine itself, and so in every machine: a pipe, /dev, /tmp, an entry of /proc.</summary>
    Machine,
    /// <summary>The host's file, unchanged, under its own name.</summary>
    Host,
    /// <summary>The host's file, changed or renamed in the overlay.</summary>
    HostChanged,
    /// <summary>Only in the overlay.</summary>
    Overlay,
    /// <summary>A standard stream of the machine.</summary>
    Stream,
}
