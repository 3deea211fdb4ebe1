using System.Globalization;

namespace CheckpointRestart.Core.Files;

/// <summary>/dev/pts: the slaves that there are, and ptmx.</summary>
internal sealed partial class PtsDirectoryInode : DirectoryInode
{
    /// <summary>Mode 620 and the group tty, as Debian mounts it.</summary>
    const uint SlavePermissions = 0x190, TerminalGroup = 5;

    const int FirstSlave = 3;

    readonly TerminalTable table;
    PtmxInode ptmx;

    public PtsDirectoryInode(FileSystem fileSystem, ulong number, TerminalTable table, DeviceTable devices) : base(fileSystem, number, 0x1ED)
    {
        this.table = table;
        table.Directory = this;
        ptmx = new PtmxInode(fileSystem, devices) { RepresentedDevice = PtmxInode.Device };
        AccessTime = ModifyTime = ChangeTime = ptmx.AccessTime = ptmx.ModifyTime = ptmx.ChangeTime = table.Now;
    }

    /// <summary>The directory's own name, set when it is mounted.</summary>
    public Dentry Self { get; set; } = null!;

    public Dentry Add(PseudoTerminal pair, uint uid)
    {
        var now = table.Now;
        var inode = new PtsInode(FileSystem, (ulong)(pair.Index + FirstSlave), pair, SlavePermissions)
        {
            RepresentedDevice = pair.Slave.Device,
            Uid = uid,
            Gid = TerminalGroup,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
        };
        ModifyTime = ChangeTime = now;
        return new Dentry(Self, NameOf(pair.Index), inode);
    }

    public void Remove(PseudoTerminal pair)
    {
        pair.Name!.Inode.Links = 0;
        pair.Name.IsDeleted = true;
        ModifyTime = ChangeTime = table.Now;
    }

    internal override InodeImage Save(TreeCapture capture) => new PtsImage { Number = Number, FileSystem = FileSystemImage.Of(FileSystem), Ptmx = ptmx.SaveAttributes() };

    public void RestorePtmx(in InodeAttributes saved) => ptmx.RestoreAttributes(saved);

    internal override Errno Find(Dentry self, ReadOnlySpan<char> name, out Dentry? child)
    {
        child = name is "ptmx" ? new Dentry(self, "ptmx", ptmx)
            : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && name.SequenceEqual(NameOf(index)) ? table.Find(index)?.Name
            : null;
        return child == null ? Errno.ENOENT : Errno.None;
    }

    internal override Errno List(List<DirectoryItem> items)
    {
        const byte type = (byte)(FileModeBits.CharacterDevice >> 12);
        foreach (var pair in table.All)
            if (pair.Name is { } name) items.Add(new DirectoryItem(name.Name, name.Inode.Number, type));
        items.Add(new DirectoryItem("ptmx", ptmx.Number, type));
        return Errno.None;
    }

    internal override bool IsThere(string name) => Find(Self, name, out _) == Errno.None;

    public static string NameOf(int index) => index.ToString(CultureInfo.InvariantCulture);
}

/// <summary>/dev/pts/ptmx, which nobody may open but the superuser.</summary>
internal sealed partial class PtmxInode(FileSystem fileSystem, DeviceTable devices) : Inode(fileSystem, 2, FileModeBits.CharacterDevice)
{
    public DeviceTable Devices { get; } = devices;

    /// <summary>5:2, as of /dev/ptmx.</summary>
    public static uint Device => FileSystem.MakeDevice(5, 2);

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file) => Devices.Open(RepresentedDevice, dentry, flags, out file);
}

/// <summary>/dev/pts/n.</summary>
internal sealed partial class PtsInode(FileSystem fileSystem, ulong number, PseudoTerminal pair, uint permissions)
    : Inode(fileSystem, number, FileModeBits.CharacterDevice | permissions)
{
    public PseudoTerminal Pair { get; } = pair;

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file) => Pair.OpenSlave(dentry, flags, out file);
}

/// <summary>/dev/pts in a snapshot: no terminal is carried.</summary>
internal sealed class PtsImage : InodeImage
{
    public required FileSystemImage FileSystem { get; init; }

    public required InodeAttributes Ptmx { get; init; }

    protected override Inode Restore(TreeBuilder builder, Volume volume)
    {
        var made = new PtsDirectoryInode(FileSystem.Restore(builder.Opens), Number, builder.Terminals, volume.Devices);
        made.RestorePtmx(Ptmx);
        return made;
    }

    public override Dentry Place(TreeBuilder builder, Volume volume, Dentry? parent, string name)
    {
        var dentry = base.Place(builder, volume, parent, name);
        ((PtsDirectoryInode)dentry.Inode).Self = dentry;
        return dentry;
    }
}
