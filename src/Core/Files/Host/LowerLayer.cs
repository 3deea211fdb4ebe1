namespace CheckpointRestart.Core.Files;

/// <summary>An entry of a directory of a lower layer.</summary>
/// <param name="Name">Guest text.</param>
/// <param name="Type">S_IF* bits.</param>
internal sealed record HostEntry(string Name, uint Type);

/// <summary>What a lower layer says of a file. Device and inode are 0 where a host has none to tell.</summary>
internal readonly record struct HostMetadata(uint Mode, long Size, Timespec Modified, uint RepresentedDevice, ulong Device, ulong Inode)
{
    public uint Type => Mode & FileModeBits.TypeMask;

    /// <summary>Owner; 0 for a host directory, whose owners mean nothing to the guest.</summary>
    public uint Uid { get; init; }

    /// <summary>Group; 0 for a host directory.</summary>
    public uint Gid { get; init; }

    /// <summary>Names in the layer; 1 for a host directory, whose hard links are files of their own.</summary>
    public uint Links { get; init; } = 1;

    /// <summary>Owner, group and names on the host, which a guest does not see: what a copy of the file has.</summary>
    public (uint Uid, uint Gid, uint Links) OnHost { get; init; }

    /// <summary>Extended attributes, or null.</summary>
    public SortedDictionary<string, byte[]>? Attributes { get; init; }

    /// <summary>True when nobody has changed the contents in between, as far as the host lets us know.</summary>
    public bool IsSameFile(in HostMetadata other) =>
        Type == other.Type && Size == other.Size && Modified == other.Modified && Device == other.Device && Inode == other.Inode;
}

/// <summary>What lies under the overlay: a directory of the host, or a tar archive. Paths are guest text, relative, without "." and "..";
/// empty for the root itself. No component is followed when it is a link.</summary>
internal abstract class LowerLayer : IDisposable
{
    public abstract Errno Stat(string path, out HostMetadata data);

    /// <summary>As by path, for a layer that need not look for a place twice.</summary>
    public virtual Errno Stat(HostNode node, out HostMetadata data) => Stat(node.Path, out data);

    public abstract Errno List(string path, List<HostEntry> entries);

    /// <inheritdoc cref="Stat(HostNode, out HostMetadata)"/>
    public virtual Errno List(HostNode node, List<HostEntry> entries) => List(node.Path, entries);

    public abstract Errno ReadLink(string path, out string target);

    /// <summary>True when both names stand for one file.</summary>
    public virtual bool AreOneFile(string path, string other) => false;

    /// <summary>The inode that another name of the file has got already, or null.</summary>
    public virtual Inode? FindLinked(HostNode node) => null;

    /// <summary>Keeps the inode of a file that has further names.</summary>
    public virtual void KeepLinked(HostNode node, Inode inode)
    {
    }

    public abstract void Dispose();
}
