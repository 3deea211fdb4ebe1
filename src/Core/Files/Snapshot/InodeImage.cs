namespace CheckpointRestart.Core.Files;

/// <summary>What a snapshot holds of an inode. Unchanging once the snapshot is made, so that any thread may read it.</summary>
internal abstract class InodeImage
{
    public required ulong Number { get; init; }

    public InodeAttributes Attributes { get; set; }

    /// <summary>Makes the inode.</summary>
    protected abstract Inode Restore(TreeBuilder builder, Volume volume);

    /// <summary>Gives a name to the inode, which is made with its first name.</summary>
    public virtual Dentry Place(TreeBuilder builder, Volume volume, Dentry? parent, string name)
    {
        if (builder.Linked.TryGetValue(this, out var inode)) return new Dentry(parent, name, inode);
        inode = Restore(builder, volume);
        builder.Adopt(inode, this);
        if (Attributes.Links > 1 || Attributes.IsLinkedBelow) builder.Linked.Add(this, inode);
        return new Dentry(parent, name, inode);
    }
}

/// <summary>An entry of a directory in a snapshot.</summary>
internal readonly record struct EntryImage(string Name, InodeImage Inode, bool IsMountPoint);

/// <summary>A file that has several names in the archive below, by its number there.</summary>
internal readonly record struct LinkedImage(uint Number, InodeImage Inode);

/// <summary>A mounted file system in a snapshot.</summary>
internal sealed record FileSystemImage(string Type, uint Magic, uint Minor, ulong NextInode)
{
    public static FileSystemImage Of(FileSystem fileSystem) =>
        new(fileSystem.Type, fileSystem.Magic, FileSystem.Minor(fileSystem.Device), fileSystem.NextInode);

    public FileSystem Restore(OpenFileCount opens) => new(Type, Magic, Minor, opens) { NextInode = NextInode };
}

/// <summary>What every inode has, as it is known so far. A directory's count of names follows from its entries.</summary>
/// <param name="IsCounted">It counts for the limit of files.</param>
/// <param name="IsLinkedBelow">The lower layer has further names for it.</param>
/// <param name="Attributes">Extended attributes, never changed in place; null for none.</param>
/// <param name="AttributesCharged">Bytes that they count for.</param>
internal readonly record struct InodeAttributes(
    uint Mode, uint Links, uint Uid, uint Gid, Timespec AccessTime, Timespec ModifyTime, Timespec ChangeTime, bool IsCounted, bool IsLinkedBelow, SortedDictionary<string, byte[]>? Attributes, long AttributesCharged);

/// <content>Snapshots.</content>
public abstract partial class Inode
{
    /// <summary>Everything but the attributes; null for what has no place in a tree of files.</summary>
    internal virtual InodeImage? Save(TreeCapture capture) => null;

    internal InodeAttributes SaveAttributes() =>
        new(mode, IsDirectory ? 0 : Links, uid, gid, AccessTime, ModifyTime, ChangeTime, CountedBy != null, IsLinkedBelow, attributes, charged);

    internal void RestoreAttributes(in InodeAttributes saved)
    {
        mode = saved.Mode;
        if (!IsDirectory) Links = saved.Links;
        uid = saved.Uid;
        gid = saved.Gid;
        AccessTime = saved.AccessTime;
        ModifyTime = saved.ModifyTime;
        ChangeTime = saved.ChangeTime;
        IsLinkedBelow = saved.IsLinkedBelow;
        attributes = saved.Attributes;
    }
}
