namespace CheckpointRestart.Core.Files;

/// <content>Files without a name in the tree.</content>
public sealed partial class FileTree
{
    Volume? memoryVolume;

    /// <summary>memfd_create(2): an empty file in memory, open for reading and writing, gone with its last user.</summary>
    /// <param name="name">What /proc/self/fd shows behind "/memfd:".</param>
    /// <param name="canSeal">MFD_ALLOW_SEALING.</param>
    /// <param name="file">The open file with one reference.</param>
    /// <returns>None, or ENOSPC beyond the limit of files.</returns>
    public Errno MakeMemoryFile(string name, bool canSeal, out OpenFile? file)
    {
        file = null;
        if (!limits.TryAddInode()) return Errno.ENOSPC;
        memoryVolume ??= new Volume(NewFileSystem("tmpfs", 0x01021994), limits, Devices, services, writesThrough: false);
        var inode = new RegularInode(memoryVolume, 0x1FF) { CountedBy = limits, Links = 0, CanSeal = canSeal };
        var dentry = new Dentry(null, "/memfd:" + name, inode) { IsDeleted = true };
        file = RegularInode.OpenMemory(dentry);
        return Errno.None;
    }
}
