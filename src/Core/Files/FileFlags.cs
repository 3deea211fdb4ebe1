namespace CheckpointRestart.Core.Files;

/// <summary>Flags of open(2) with the values of Linux/i386 (asm-generic/fcntl.h).</summary>
[Flags]
public enum OpenFlags : uint
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    AccessMode = 3,
    Create = 0x40,
    Exclusive = 0x80,
    NoControllingTty = 0x100,
    Truncate = 0x200,
    Append = 0x400,
    NonBlock = 0x800,
    DataSync = 0x1000,
    Async = 0x2000,
    Direct = 0x4000,
    LargeFile = 0x8000,
    Directory = 0x10000,
    NoFollow = 0x20000,
    NoAccessTime = 0x40000,
    CloseOnExec = 0x80000,
    Sync = 0x101000,
    Path = 0x200000,
    TemporaryFile = 0x410000,

    /// <summary>What F_SETFL may change.</summary>
    Settable = Append | NonBlock | Async | Direct | NoAccessTime,
}

/// <summary>What an open file may do: FMODE_* of Linux (include/linux/fs.h).</summary>
[Flags]
public enum FMode : uint
{
    None = 0,
    Read = 1,
    Write = 2,
    Seek = 4,
    ReadAt = 8,
    WriteAt = 16,
    /// <summary>Opened with O_PATH: names a place, moves no data.</summary>
    Path = 0x4000,
}

/// <summary>F_SEAL_* of memory files (memfd_create(2)).</summary>
[Flags]
public enum FileSeals : uint
{
    None = 0,
    Seal = 1,
    Shrink = 2,
    Grow = 4,
    Write = 8,
    FutureWrite = 16,
    All = 31,
}

/// <summary>Events of poll(2).</summary>
[Flags]
public enum PollEvents : uint
{
    None = 0,
    In = 1,
    Priority = 2,
    Out = 4,
    Error = 8,
    HangUp = 0x10,
    Invalid = 0x20,
    ReadNormal = 0x40,
    ReadBand = 0x80,
    WriteNormal = 0x100,
    WriteBand = 0x200,
    ReadHangUp = 0x2000,
    /// <summary>What a file that never blocks reports.</summary>
    Ready = In | Out | ReadNormal | WriteNormal,
    /// <summary>Of a wake: anything may have happened.</summary>
    Any = 0xFFFF,
}

/// <summary>From where lseek(2) counts.</summary>
public enum Whence
{
    Set = 0,
    Current = 1,
    End = 2,
    Data = 3,
    Hole = 4,
}

/// <summary>How a path is walked.</summary>
[Flags]
public enum WalkFlags
{
    None = 0,
    /// <summary>A symbolic link as the last component is the result itself, not what it points to.</summary>
    NoFollow = 1,
    /// <summary>The result must be a directory, else ENOTDIR.</summary>
    Directory = 2,
    /// <summary>No symbolic link anywhere, else ELOOP (openat2 RESOLVE_NO_SYMLINKS).</summary>
    NoSymlinks = 4,
    /// <summary>An empty path is the starting point (AT_EMPTY_PATH), else ENOENT.</summary>
    EmptyPath = 8,
    /// <summary>Nothing outside the starting point, else EXDEV (openat2 RESOLVE_BENEATH).</summary>
    Beneath = 16,
    /// <summary>No link of /proc that leads to an open file, else ELOOP (openat2 RESOLVE_NO_MAGICLINKS).</summary>
    NoMagicLinks = 32,
    /// <summary>Nothing on another file system than the starting point, else EXDEV (openat2 RESOLVE_NO_XDEV).</summary>
    NoCrossing = 64,
    /// <summary>The starting point is the root of the walk (openat2 RESOLVE_IN_ROOT).</summary>
    InRoot = 128,
}

/// <summary>Flags of renameat2(2).</summary>
[Flags]
public enum RenameFlags : uint
{
    None = 0,
    NoReplace = 1,
    Exchange = 2,
    Whiteout = 4,
}

/// <summary>What access(2) asks.</summary>
[Flags]
public enum AccessRights : uint
{
    Exists = 0,
    Execute = 1,
    Write = 2,
    Read = 4,
}

/// <summary>The type part of a mode, and the bits beside the permissions (S_IF*, S_IS*).</summary>
public static class FileModeBits
{
    public const uint TypeMask = 0xF000;
    public const uint Socket = 0xC000;
    public const uint SymbolicLink = 0xA000;
    public const uint Regular = 0x8000;
    public const uint BlockDevice = 0x6000;
    public const uint Directory = 0x4000;
    public const uint CharacterDevice = 0x2000;
    public const uint Fifo = 0x1000;
    public const uint SetUserId = 0x800;
    public const uint SetGroupId = 0x400;
    public const uint Sticky = 0x200;
    public const uint Permissions = 0xFFF;
    public const uint AnyExecute = 0x49;
}
