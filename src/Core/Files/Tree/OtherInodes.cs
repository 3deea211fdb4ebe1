namespace CheckpointRestart.Core.Files;

/// <summary>A symbolic link: text, never followed by the host.</summary>
internal sealed partial class SymbolicLinkInode : Inode
{
    string? target;

    public SymbolicLinkInode(Volume volume, string target, HostNode? host = null) : this(volume, host)
    {
        this.target = target;
        AccessTime = ModifyTime = ChangeTime = volume.Now;
    }

    public SymbolicLinkInode(Volume volume, HostNode? host) : base(volume.FileSystem, volume.FileSystem.TakeInode(), FileModeBits.SymbolicLink | 0x1FF)
    {
        this.volume = volume;
        Host = host;
    }

    public override FileOrigin Origin => Host != null ? FileOrigin.Host : CountedBy != null ? FileOrigin.Overlay : FileOrigin.Machine;

    public override long Size => Load() == Errno.None ? GuestText.ByteCount(target) : 0;

    public Errno Read(out string text)
    {
        var error = Load();
        text = target ?? "";
        return error;
    }

    public override Errno Load()
    {
        if (target != null) return Errno.None;
        var error = Host!.Layer.Stat(Host, out var data);
        if (error == Errno.None && data.Type != FileModeBits.SymbolicLink) error = Errno.ESTALE;
        string text = "";
        if (error == Errno.None) error = Host.Layer.ReadLink(Host.Path, out text);
        if (error != Errno.None) return error == Errno.ENOENT ? Errno.ESTALE : error;
        target = text;
        SetLower(data);
        return Errno.None;
    }

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return Errno.ELOOP;
    }
}

/// <summary>A file that is metadata alone: a device, a FIFO or a socket, made by the guest or found on the host, where it is never opened.</summary>
internal sealed partial class SpecialInode : Inode
{
    readonly Volume volume;
    Pipe? pipe;

    public SpecialInode(Volume volume, uint mode, uint device, HostNode? host = null)
        : base(volume.FileSystem, volume.FileSystem.TakeInode(), mode)
    {
        this.volume = volume;
        Host = host;
        RepresentedDevice = device;
        AccessTime = ModifyTime = ChangeTime = volume.Now;
    }

    public override FileOrigin Origin => Host != null ? FileOrigin.Host : CountedBy != null ? FileOrigin.Overlay : FileOrigin.Machine;

    /// <summary>The open socket that is bound to this name; null when nobody is behind it.</summary>
    public UnixSocket? Bound { get; set; }

    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        if (IsFifo) return (pipe ??= new Pipe(volume.PipeBudget)).Open(dentry, flags, isNamed: true, out file);
        if (Type == FileModeBits.CharacterDevice) return volume.Devices.Open(RepresentedDevice, dentry, flags, out file);
        return Errno.ENXIO;
    }
}

/// <summary>Makes the inodes of what a host directory holds.</summary>
internal static class HostInodes
{
    public static Dentry Make(Volume volume, Dentry parent, HostEntry entry, HostNode host)
    {
        if (entry.Type == FileModeBits.Directory) return new TreeDirectory(volume, parent, entry.Name, 0x1ED, host).Self;
        if (host.Layer.FindLinked(host) is { } known) return new Dentry(parent, entry.Name, known);
        var inode = MakeFile(volume, entry, host);
        host.Layer.KeepLinked(host, inode);
        return new Dentry(parent, entry.Name, inode);
    }

    static Inode MakeFile(Volume volume, HostEntry entry, HostNode host)
    {
        if (entry.Type == FileModeBits.Regular) return new RegularInode(volume, host);
        if (entry.Type == FileModeBits.SymbolicLink) return new SymbolicLinkInode(volume, host);
        if (host.Layer.Stat(host, out var data) != Errno.None || data.Type != entry.Type)
            return new SpecialInode(volume, entry.Type | 0x1B6, 0, host);
        var inode = new SpecialInode(volume, data.Mode, data.RepresentedDevice, host);
        inode.SetLower(data);
        return inode;
    }
}
