using System.Globalization;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Objects;

/// <summary>A file of a guest: of a live machine, or of an image. It is as it was when it was found.</summary>
public sealed class CrFile
{
    readonly SeenFile file;
    readonly StatData facts;

    internal CrFile(SeenFile file, string source) => (this.file, facts, Source) = (file, file.Facts, source);

    /// <summary>Its name; / for the root.</summary>
    public string Name => file.Name.Length == 0 ? "/" : file.Name;

    /// <summary>Guest path, as the task names it.</summary>
    public string Path => file.Path;

    public CrFileKind Kind => KindOf(facts.Mode);

    /// <summary>Type and permissions as ls writes them, such as -rwxr-xr-x.</summary>
    public string Mode => Text(facts.Mode);

    /// <summary>Permission bits, with set-user-id, set-group-id and sticky.</summary>
    public uint Permissions => facts.Mode & FileModeBits.Permissions;

    /// <summary>Bytes; of a directory 4096.</summary>
    public long Length => facts.Size;

    /// <summary>The owner's number in the guest.</summary>
    public uint UserId => facts.Uid;

    /// <summary>The group's number in the guest.</summary>
    public uint GroupId => facts.Gid;

    /// <summary>Names that the file has.</summary>
    public uint Links => facts.Links;

    /// <summary>0 for a file that the machine has not looked at yet.</summary>
    public ulong Inode => facts.Inode;

    /// <summary>When its contents changed, by the guest's clock.</summary>
    public DateTimeOffset LastWriteTime => TimeOf(facts.ModifyTime);

    /// <summary>The text of a symbolic link; null for other files, and where an image does not hold it.</summary>
    public string? Target
    {
        get
        {
            try
            {
                return file.IsSymbolicLink ? file.Target : null;
            }
            catch (SeenFileException)
            {
                return null;
            }
        }
    }

    /// <summary>Of a device file, its major and minor number; else null.</summary>
    public string? Device => facts.RepresentedDevice == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{FileSystem.Major(facts.RepresentedDevice)}, {FileSystem.Minor(facts.RepresentedDevice)}");

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }

    internal SeenFile File => file;

    /// <inheritdoc/>
    public override string ToString() => GuestText.ForDisplay(Path);

    /// <summary>A guest's time, as near as .NET has one: a guest gives its files whatever times it likes.</summary>
    internal static DateTimeOffset TimeOf(in Timespec time)
    {
        const long day = 24 * 60 * 60;
        long seconds = Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds() + day, DateTimeOffset.MaxValue.ToUnixTimeSeconds() - day);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(time.Nanoseconds / 100).ToLocalTime();
    }

    /// <summary>The type that a mode has.</summary>
    internal static CrFileKind KindOf(uint mode) => (mode & FileModeBits.TypeMask) switch
    {
        FileModeBits.Regular => CrFileKind.Regular,
        FileModeBits.Directory => CrFileKind.Directory,
        FileModeBits.SymbolicLink => CrFileKind.SymbolicLink,
        FileModeBits.Fifo => CrFileKind.Pipe,
        FileModeBits.CharacterDevice => CrFileKind.CharacterDevice,
        FileModeBits.BlockDevice => CrFileKind.BlockDevice,
        FileModeBits.Socket => CrFileKind.Socket,
        _ => CrFileKind.Other,
    };

    static string Text(uint mode) => string.Create(10, mode, static (text, mode) =>
    {
        text[0] = (mode & FileModeBits.TypeMask) switch
        {
            FileModeBits.Directory => 'd',
            FileModeBits.SymbolicLink => 'l',
            FileModeBits.Fifo => 'p',
            FileModeBits.CharacterDevice => 'c',
            FileModeBits.BlockDevice => 'b',
            FileModeBits.Socket => 's',
            _ => '-',
        };
        for (int i = 0; i < 9; i++) text[9 - i] = (mode >> i & 1) != 0 ? "xwr"[i % 3] : '-';
        if ((mode & FileModeBits.SetUserId) != 0) text[3] = text[3] == 'x' ? 's' : 'S';
        if ((mode & FileModeBits.SetGroupId) != 0) text[6] = text[6] == 'x' ? 's' : 'S';
        if ((mode & FileModeBits.Sticky) != 0) text[9] = text[9] == 'x' ? 't' : 'T';
    });
}
