using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A snapshot while it is taken, on the machine's thread. Directories wait in a queue, since a guest may nest them without end.</summary>
internal sealed class TreeCapture : IDisposable
{
    readonly Dictionary<Inode, InodeImage> linked = new(ReferenceEqualityComparer.Instance);
    readonly Queue<TreeDirectory> directories = new();
    readonly Queue<DirectoryImage> images = new();
    MemoryAccount? copies;

    public List<RegularImage> Files { get; } = [];

    public Dictionary<Dentry, InodeImage> MountPoints { get; } = new(ReferenceEqualityComparer.Instance);

    public DirectoryImage SaveTree(TreeDirectory root)
    {
        var image = (DirectoryImage)ImageOf(root)!;
        MountPoints.Add(root.Self, image);
        while (directories.TryDequeue(out var directory)) directory.SaveEntries(images.Dequeue(), this);
        return image;
    }

    /// <summary>The image of an inode: one, whatever the number of its names.</summary>
    public InodeImage? ImageOf(Inode inode)
    {
        bool hasNames = !inode.IsDirectory && (inode.Links > 1 || inode.IsLinkedBelow);
        if (hasNames && linked.TryGetValue(inode, out var image)) return image;
        image = inode.Save(this);
        if (image == null) return null;
        image.Attributes = inode.SaveAttributes();
        if (hasNames) linked.Add(inode, image);
        return image;
    }

    public void Visit(TreeDirectory directory, DirectoryImage image)
    {
        directories.Enqueue(directory);
        images.Enqueue(image);
    }

    /// <summary>A copy of a frame that cannot be shared. It is charged to the snapshot: taking one changes nothing that the guest can feel.</summary>
    public Frame Copy(Frame frame)
    {
        copies ??= new MemoryAccount(long.MaxValue);
        return FrameStore.Duplicate(frame, copies);
    }

    /// <summary>The account of the copies goes over to the snapshot.</summary>
    public MemoryAccount? TakeCopies()
    {
        var taken = copies;
        copies = null;
        return taken;
    }

    public void Dispose() => copies?.Dispose();
}

/// <summary>A tree while it is made from a snapshot.</summary>
internal sealed class TreeBuilder(LowerLayer? host, StorageLimits limits, DeviceTable devices, FileTreeServices services, ProcList proc, ProcList system, TerminalTable terminals)
{
    readonly Dictionary<HostNode, HostNode> hosts = new(ReferenceEqualityComparer.Instance);
    readonly Queue<(DirectoryImage Image, TreeDirectory Directory)> directories = new();

    public FileTreeServices Services { get; } = services;

    public ProcList Proc { get; } = proc;

    public ProcList System { get; } = system;

    public TerminalTable Terminals { get; } = terminals;

    /// <summary>The inodes that have several names.</summary>
    public Dictionary<InodeImage, Inode> Linked { get; } = new(ReferenceEqualityComparer.Instance);

    public Dictionary<InodeImage, Dentry> MountPoints { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>How many files are open in the new tree.</summary>
    public OpenFileCount Opens => limits.Opens;

    public Volume MakeVolume(FileSystemImage image) => new(image.Restore(Opens), limits, devices, Services);

    public Dentry Place(in EntryImage entry, Volume volume, Dentry parent)
    {
        var dentry = entry.Inode.Place(this, volume, parent, entry.Name);
        if (!entry.IsMountPoint) return dentry;
        dentry.IsMountPoint = true;
        MountPoints.Add(entry.Inode, dentry);
        return dentry;
    }

    /// <summary>Gives a new inode what every inode has.</summary>
    public void Adopt(Inode inode, InodeImage image)
    {
        inode.RestoreAttributes(image.Attributes);
        inode.ChargeAttributes(limits, image.Attributes.AttributesCharged);
        if (!image.Attributes.IsCounted) return;
        inode.CountedBy = limits;
        limits.AddInode();
    }

    public void Visit(DirectoryImage image, TreeDirectory directory) => directories.Enqueue((image, directory));

    public void FillDirectories()
    {
        while (directories.TryDequeue(out var next)) next.Directory.RestoreEntries(next.Image, this);
    }

    /// <summary>The same place under the new tree's own handle of the host's directory.</summary>
    public HostNode? Rebase(HostNode? node)
    {
        if (node == null) return null;
        if (!hosts.TryGetValue(node, out var rebased)) hosts.Add(node, rebased = new HostNode(host!, Rebase(node.Parent), node.Name));
        return rebased;
    }
}
