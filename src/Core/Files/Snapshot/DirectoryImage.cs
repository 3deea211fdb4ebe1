namespace CheckpointRestart.Core.Files;

/// <summary>A directory in a snapshot.</summary>
internal sealed class DirectoryImage : InodeImage
{
    /// <summary>The file system of which this is the root, or null.</summary>
    public FileSystemImage? FileSystem { get; init; }

    public HostNode? Host { get; init; }

    /// <summary>The host's attributes are known.</summary>
    public bool IsLoaded { get; init; }

    /// <summary>The host's entries are known, and <see cref="Entries"/> is all that counts.</summary>
    public bool IsListed { get; init; }

    public IReadOnlyList<EntryImage> Entries { get; set; } = [];

    public override Dentry Place(TreeBuilder builder, Volume volume, Dentry? parent, string name)
    {
        var directory = new TreeDirectory(FileSystem == null ? volume : builder.MakeVolume(FileSystem), parent, name, this, builder.Rebase(Host));
        builder.Adopt(directory, this);
        builder.Visit(this, directory);
        return directory.Self;
    }

    protected override Inode Restore(TreeBuilder builder, Volume volume) => throw new InvalidOperationException("a directory is made with its name");
}

/// <content>Snapshots.</content>
internal sealed partial class TreeDirectory
{
    internal TreeDirectory(Volume volume, Dentry? parent, string name, DirectoryImage image, HostNode? host)
        : this(volume, image.Number, parent, name, 0, host)
    {
        isLoaded = image.IsLoaded;
        isListed = image.IsListed;
    }

    internal override InodeImage Save(TreeCapture capture)
    {
        var image = new DirectoryImage
        {
            Number = Number,
            FileSystem = self.Parent == null || self.IsMountPoint ? FileSystemImage.Of(FileSystem) : null,
            Host = Host,
            IsLoaded = isLoaded,
            IsListed = isListed,
        };
        capture.Visit(this, image);
        return image;
    }

    /// <summary>Takes the entries in. Where the host is written in place, only what is mounted over it is not on the host.</summary>
    internal void SaveEntries(DirectoryImage image, TreeCapture capture)
    {
        var saved = new List<EntryImage>(entries.Count);
        foreach (var (name, child) in entries)
        {
            if (Volume.WritesThrough && !child.IsMountPoint) continue;
            if (capture.ImageOf(child.Inode) is not { } inode) continue;
            if (child.IsMountPoint) capture.MountPoints.Add(child, inode);
            saved.Add(new EntryImage(name, inode, child.IsMountPoint));
        }
        image.Entries = saved;
    }

    internal void RestoreEntries(DirectoryImage image, TreeBuilder builder)
    {
        foreach (var entry in image.Entries)
        {
            var child = builder.Place(entry, Volume, self);
            entries.Add(entry.Name, child);
            if (child.Inode.IsDirectory) directories++;
        }
    }
}
