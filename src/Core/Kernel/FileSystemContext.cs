using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Root, working directory and umask (Linux: fs_struct), shared with CLONE_FS.</summary>
public sealed partial class FileSystemContext(Dentry root, Dentry workingDirectory)
{
    /// <summary>Tasks that share it.</summary>
    public int Users { get; set; } = 1;

    /// <summary>What / is: chroot(2) changes it.</summary>
    public Dentry Root { get; set; } = root;

    /// <summary>Where relative paths begin.</summary>
    public Dentry WorkingDirectory { get; set; } = workingDirectory;

    /// <summary>Permission bits that new files do not get.</summary>
    public uint Umask { get; set; } = 0x12;

    /// <summary>A copy of its own, as fork(2) makes.</summary>
    public FileSystemContext Copy() => new(Root, WorkingDirectory) { Umask = Umask };
}
