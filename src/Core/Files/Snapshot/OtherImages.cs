namespace CheckpointRestart.Core.Files;

/// <summary>A symbolic link in a snapshot.</summary>
internal sealed class SymbolicLinkImage : InodeImage
{
    public HostNode? Host { get; init; }

    /// <summary>Null while the host's link has not been read.</summary>
    public string? Target { get; init; }

    protected override Inode Restore(TreeBuilder builder, Volume volume) => new SymbolicLinkInode(volume, this, builder.Rebase(Host));
}

/// <content>Snapshots.</content>
internal sealed partial class SymbolicLinkInode
{
    internal SymbolicLinkInode(Volume volume, SymbolicLinkImage image, HostNode? host) : base(volume.FileSystem, image.Number, FileModeBits.SymbolicLink)
    {
        this.volume = volume;
        Host = host;
        target = image.Target;
    }

    internal override InodeImage Save(TreeCapture capture) => new SymbolicLinkImage { Number = Number, Host = Host, Target = target };
}

/// <summary>A device, FIFO or socket in a snapshot: a name and attributes. What is in a FIFO belongs to its open ends.</summary>
internal sealed class SpecialImage : InodeImage
{
    public HostNode? Host { get; init; }

    public uint Device { get; init; }

    protected override Inode Restore(TreeBuilder builder, Volume volume) => new SpecialInode(volume, this, builder.Rebase(Host));
}

/// <content>Snapshots.</content>
internal sealed partial class SpecialInode
{
    internal SpecialInode(Volume volume, SpecialImage image, HostNode? host) : base(volume.FileSystem, image.Number, 0)
    {
        this.volume = volume;
        Host = host;
        RepresentedDevice = image.Device;
    }

    internal override InodeImage Save(TreeCapture capture) => new SpecialImage { Number = Number, Host = Host, Device = RepresentedDevice };
}

/// <summary>A standard stream in a snapshot: what is in it is the machine's, not the file's.</summary>
internal sealed class StreamImage : InodeImage
{
    public required StreamKind Kind { get; init; }

    protected override Inode Restore(TreeBuilder builder, Volume volume) =>
        new StreamInode(volume.FileSystem, Number, builder.Services.Streams, Kind, builder.Services.Clock);
}

/// <summary>The root of /proc or /sys in a snapshot; what is below it is asked for when somebody looks.</summary>
internal sealed class ProcImage : InodeImage
{
    public required FileSystemImage FileSystem { get; init; }

    public bool IsSystem { get; init; }

    protected override Inode Restore(TreeBuilder builder, Volume volume) =>
        new ProcDirectoryInode(FileSystem.Restore(builder.Opens), Number, IsSystem ? builder.System : builder.Proc, 0, builder.Services.Clock);
}
