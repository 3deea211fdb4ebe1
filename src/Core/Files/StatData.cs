namespace CheckpointRestart.Core.Files;

/// <summary>What stat(2) and statx(2) tell; the kernel lays it out for the old, new, 64-bit and extended calls.</summary>
public readonly record struct StatData
{
    /// <summary>Device of the file system, in the kernel's 32-bit encoding (<see cref="FileSystem.MakeDevice"/>).</summary>
    public uint Device { get; init; }

    /// <summary>Inode number.</summary>
    public ulong Inode { get; init; }

    /// <summary>Type and permissions (<see cref="FileModeBits"/>).</summary>
    public uint Mode { get; init; }

    /// <summary>Names that the file has.</summary>
    public uint Links { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>The device that a device file stands for, encoded as <see cref="Device"/>.</summary>
    public uint RepresentedDevice { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Preferred bytes for a transfer.</summary>
    public uint BlockSize { get; init; }

    /// <summary>Units of 512 bytes that the contents take.</summary>
    public long Blocks { get; init; }

    public Timespec AccessTime { get; init; }

    public Timespec ModifyTime { get; init; }

    public Timespec ChangeTime { get; init; }
}

/// <summary>What statfs(2) tells.</summary>
public readonly record struct FileSystemData
{
    /// <summary>The type's magic number.</summary>
    public uint Magic { get; init; }

    public uint BlockSize { get; init; }

    public long Blocks { get; init; }

    public long FreeBlocks { get; init; }

    public long Inodes { get; init; }

    public long FreeInodes { get; init; }

    public uint NameLength { get; init; }

    /// <summary>ST_* mount flags.</summary>
    public uint Flags { get; init; }

    public uint Device { get; init; }
}

/// <summary>One entry of a directory as getdents(2) gives it.</summary>
/// <param name="Name">Guest text.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Type">DT_*: the mode's type bits shifted right by 12.</param>
/// <param name="NextPosition">The position to go on from after this entry.</param>
public readonly record struct DirectoryEntry(string Name, ulong Inode, byte Type, long NextPosition);

/// <summary>Takes directory entries.</summary>
/// <returns>False when there is no room: the entry is offered again next time.</returns>
public delegate bool DirectoryFill(in DirectoryEntry entry);
