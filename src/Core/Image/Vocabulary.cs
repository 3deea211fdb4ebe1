namespace CheckpointRestart.Core.Image;

/// <summary>Sizes and limits of the v5 format.</summary>
public static class ImageLimits
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>First address that is not user space on i386: 3 GiB.</summary>
    public const uint UserSpaceEnd = 0xC000_0000;

    /// <summary>Bytes of a task's name, its NUL included (TASK_COMM_LEN).</summary>
    public const int CommLength = 16;

    /// <summary>Bytes of a path, its NUL included (PATH_MAX).</summary>
    public const int PathMax = 4096;

    /// <summary>Pages that the writer puts into one chunk (reference 1.5). A reader accepts larger ones.</summary>
    public const int ChunkPages = 4096;

    /// <summary>Descriptors of one task (sysctl nr_open of 2.6.27).</summary>
    public const int MaxDescriptors = 1024 * 1024;

    /// <summary>Entries of a local descriptor table (LDT_ENTRIES).</summary>
    public const int MaxLdtEntries = 8192;

    /// <summary>Entries of a thread's part of the GDT.</summary>
    public const int TlsEntries = 3;

    /// <summary>Flags of regions that v5 cannot carry (reference 2.3): ENOSYS.</summary>
    public const VmFlags UnsupportedRegions = VmFlags.Shared | VmFlags.MayShare | VmFlags.IO | VmFlags.HugeTlb | VmFlags.NonLinear;
}

/// <summary>What backs a region (CR_VMA_*).</summary>
public enum VmaKind : uint
{
    Anonymous = 1,
    File = 2,
}

/// <summary>What an open file is (CR_FD_*).</summary>
public enum FileKind : ushort
{
    Regular = 1,
    Directory = 2,
    SymbolicLink = 3,
}

/// <summary>An open file's f_mode, Linux FMODE_* (include/linux/fs.h of 2.6.27).</summary>
[Flags]
public enum FileModes : ushort
{
    None = 0,
    Read = 1, Write = 2, Seek = 4, PositionedRead = 8, PositionedWrite = 16, Execute = 32,
}

/// <summary>An open file's f_flags, Linux O_* on i386 (asm-generic/fcntl.h).</summary>
[Flags]
public enum FileFlags : uint
{
    ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, AccessMode = 3,
    Create = 0x40, Exclusive = 0x80, NoControllingTty = 0x100, Truncate = 0x200,
    Append = 0x400, NonBlocking = 0x800, Synchronous = 0x1000, Async = 0x2000,
    Direct = 0x4000, LargeFile = 0x8000, DirectoryOnly = 0x1_0000, NoFollow = 0x2_0000,
    NoAccessTime = 0x4_0000, CloseOnExec = 0x8_0000,

    /// <summary>Flags that act once, at open(2): never in an image (reference 2.4, rules of v17).</summary>
    CreationOnly = Create | Exclusive | NoControllingTty | Truncate,

    /// <summary>Flags that fcntl(F_SETFL) sets again after the reopening.</summary>
    Settable = Append | NonBlocking | Async | Direct | NoAccessTime,
}

/// <summary>A task's state at the checkpoint, Linux TASK_* (include/linux/sched.h of 2.6.27).</summary>
[Flags]
public enum TaskStates : uint
{
    Running = 0,
    Interruptible = 1, Uninterruptible = 2, Stopped = 4, Traced = 8,
    Zombie = 16, ExitDead = 32, Dead = 64, WakeKill = 128,
}

/// <summary>Flags of the checkpoint itself (CR_CTX_*).</summary>
[Flags]
public enum ImageFlags : ulong
{
    None = 0,
    Checkpoint = 1,
}
