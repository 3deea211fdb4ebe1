namespace CheckpointRestart.Core.Files;

/// <content>Copies of the tree for other machines.</content>
public sealed partial class FileTree
{
    /// <summary>Takes a snapshot, on the machine's thread. It costs time for each name that is known so far and each page that the overlay
    /// holds, and no copy of contents, unless they are mapped.</summary>
    public TreeSnapshot Snapshot()
    {
        using var capture = new TreeCapture();
        var root = capture.SaveTree((TreeDirectory)Root.Inode);
        var linked = archiveLayer == null ? [] : archiveLayer.Linked.Where(static pair => pair.Value.Links > 0).Select(pair => new LinkedImage(pair.Key, capture.ImageOf(pair.Value)!)).ToArray();
        var roots = mounts.Select(mount => capture.MountPoints[mount]).ToArray();
        return new TreeSnapshot(Options, root, roots, [.. capture.Files], capture.TakeCopies())
        {
            HostPath = hostPath,
            ProgramPath = ProgramPath,
            NextPipe = PipeFiles.NextInode,
            LinkedBelow = linked,
        };
    }

    Dentry RestoreRoot(TreeSnapshot snapshot)
    {
        snapshot.Enter();
        try
        {
            ProgramPath = snapshot.ProgramPath;
            LowerLayer? host = snapshot.Options.Archive is { } archive ? OpenArchive(archive)
                : snapshot.HostPath == null ? null
                : OpenHost(snapshot.HostPath);
            var builder = new TreeBuilder(host, limits, Devices, services, Proc, System, Terminals);
            var root = rootVolume.WritesThrough ? RestoreOverHost(snapshot, builder) : RestoreOverlay(snapshot, builder);
            builder.FillDirectories();
            foreach (var linked in snapshot.LinkedBelow) archiveLayer!.Linked[linked.Number] = linked.Inode.Place(builder, rootVolume, null, "").Inode;
            mounts.Clear();
            foreach (var mount in snapshot.Mounts) mounts.Add(builder.MountPoints[mount]);
            nextMinor = mounts.Max(static mount => FileSystem.Minor(mount.Inode.FileSystem.Device)) + 1;
            PipeFiles.NextInode = snapshot.NextPipe;
            return root;
        }
        finally
        {
            snapshot.Leave();
        }
    }

    Dentry RestoreOverlay(TreeSnapshot snapshot, TreeBuilder builder)
    {
        var image = snapshot.Root;
        var root = new TreeDirectory(rootVolume, null, "", image, builder.Rebase(image.Host));
        rootVolume.FileSystem.NextInode = image.FileSystem!.NextInode;
        builder.Adopt(root, image);
        builder.Visit(image, root);
        builder.MountPoints.Add(image, root.Self);
        return root.Self;
    }

    Dentry RestoreOverHost(TreeSnapshot snapshot, TreeBuilder builder)
    {
        var root = ListedRoot(builder.Rebase(snapshot.Root.Host));
        builder.MountPoints.Add(snapshot.Root, root.Self);
        foreach (var entry in snapshot.Root.Entries) Mount(root, builder.Place(entry, rootVolume, root.Self));
        return root.Self;
    }
}
