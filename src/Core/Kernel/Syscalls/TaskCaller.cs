using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>A task as its sockets see it.</summary>
internal sealed class TaskCaller(Task task) : SocketCaller
{
    /// <inheritdoc/>
    public override PeerIdentity Identity => new(task.Tgid, task.Credentials.EffectiveUid, task.Credentials.EffectiveGid);

    /// <inheritdoc/>
    public override PeerIdentity RealIdentity => new(task.Tgid, task.Credentials.Uid, task.Credentials.Gid);

    /// <inheritdoc/>
    public override uint[] Groups => task.Credentials.Groups;

    /// <inheritdoc/>
    public override bool Has(Capability capability) => task.Credentials.Has(capability);

    /// <inheritdoc/>
    public override long FlightLimit => Has(Capability.Resource) || Has(Capability.Administration) ? long.MaxValue : (long)Math.Min(task.Group.Limits[Resource.OpenFiles].Current, long.MaxValue);

    /// <inheritdoc/>
    public override Errno MakeNode(string path, out Dentry? node)
    {
        node = null;
        var tree = task.Machine.Tree;
        var error = tree.MakeNode(task.Here(), path, FileModeBits.Socket | (0x1FF & ~task.FileSystem!.Umask), 0);
        return error != Errno.None ? error : tree.Walk(task.Here(), path, WalkFlags.NoFollow, out node);
    }

    /// <inheritdoc/>
    public override Errno FindNode(string path, out Inode? node)
    {
        var error = task.Machine.Tree.Walk(task.Here(), path, WalkFlags.None, out var found);
        node = found?.Inode;
        return error != Errno.None ? error : FileTree.CheckAccess(node!, AccessRights.Write, task.Credentials.ForFiles);
    }
}
