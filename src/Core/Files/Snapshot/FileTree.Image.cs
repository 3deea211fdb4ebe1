using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>The whole tree in an image.</content>
public sealed partial class FileTree : IStateObject
{
    string IStateObject.StateKind => "files";

    internal Volume RootVolume => rootVolume;

    internal FileTreeServices Services => services;

    internal OpenFileCount OpenCount => limits.Opens;

    void IStateObject.Visit(StateVisitor visitor)
    {
        Root = visitor.Need("root", Root);
        var mounted = visitor.Refs("mounts", mounts, 4096);
        nextMinor = visitor.Uint("next-minor", nextMinor);
        PipeFiles.NextInode = visitor.Word("next-pipe", PipeFiles.NextInode);
        anonymous = visitor.Ref("anonymous-inode", anonymous);
        RenameCookie = visitor.Uint("rename-cookie", RenameCookie);
        NextEventNumber = visitor.Int("next-event-number", NextEventNumber);
        ProgramPath = visitor.Text("program", ProgramPath);
        Locks.Visit(visitor);
        Terminals.Visit(visitor);
        var linked = visitor.List("linked-below", (IReadOnlyCollection<KeyValuePair<uint, Inode>>?)archiveLayer?.Linked ?? [], 1 << 24,
            static (v, pair) => new KeyValuePair<uint, Inode>(v.Uint("number", pair.Key), v.Need("inode", pair.Value)));
        if (!visitor.IsReading) return;
        mounts.Clear();
        mounts.AddRange(mounted);
        archiveLayer?.Linked.Clear();
        foreach (var (number, inode) in linked)
            if (archiveLayer != null) archiveLayer.Linked[number] = inode;
    }

    /// <summary>The volume of an image: the root's is the tree's own.</summary>
    internal Volume CreateVolume(StateVisitor visitor) =>
        visitor.Flag("root", false) ? rootVolume : new Volume(visitor.Need<FileSystem>("filesystem", null), limits, Devices, services);

    /// <summary>A name of the lower layer of an image, in this tree's own.</summary>
    internal HostNode CreateLowerName(StateVisitor visitor)
    {
        if (hosts.Count == 0) throw visitor.Broken("files of a lower layer need a root that has one; none was given");
        return new HostNode(hosts[0], null, "");
    }
}
