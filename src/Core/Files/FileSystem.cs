namespace CheckpointRestart.Core.Files;

/// <summary>One mounted file system: a device number and a counter of inode numbers, both the machine's own.</summary>
public sealed partial class FileSystem
{
    /// <summary>The first inode number given, the root directory's where there is one.</summary>
    public const ulong RootInode = 1;

    internal FileSystem(string type, uint magic, uint minor, OpenFileCount opens)
    {
        Opens = opens;
        Type = type;
        Magic = magic;
        Device = MakeDevice(0, minor);
    }

    /// <summary>The type as /proc/mounts names it.</summary>
    public string Type { get; }

    /// <summary>What /proc/mounts has in the place of a block device: none of these file systems has one.</summary>
    public string Source => Type == "devtmpfs" ? "udev" : Type;

    /// <summary>The magic number that statfs(2) gives.</summary>
    public uint Magic { get; }

    /// <summary>The device number of its files.</summary>
    public uint Device { get; }

    /// <summary>The number that the next new inode gets: a function of what the guest has done so far.</summary>
    public ulong NextInode { get; internal set; } = RootInode;

    /// <summary>How many files are open in the machine, here and elsewhere.</summary>
    internal OpenFileCount Opens { get; }

    internal ulong TakeInode() => NextInode++;

    /// <summary>A device number as the kernel passes it to user space in 32 bits (new_encode_dev).</summary>
    public static uint MakeDevice(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);

    /// <summary>The major number of an encoded device number.</summary>
    public static uint Major(uint device) => (device >> 8) & 0xFFF;

    /// <summary>The minor number of an encoded device number.</summary>
    public static uint Minor(uint device) => (device & 0xFF) | ((device >> 12) & 0xFFF00);
}

/// <summary>How many files are open.</summary>
internal sealed class OpenFileCount
{
    public int Value { get; set; }
}
