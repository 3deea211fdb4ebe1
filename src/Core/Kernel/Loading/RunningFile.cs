using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>Keeps the file of a program from being written to while the program runs (ETXTBSY).</summary>
internal static class RunningFile
{
    /// <summary>The space runs the program of a file. One that is being written to, as a restored program's may be, is left to its writer.</summary>
    public static void Hold(this AddressSpace memory, Dentry? file)
    {
        memory.Program?.ReleaseProgram();
        memory.Program = file?.Inode is RegularInode inode && inode.DenyWrite() == Errno.None ? inode : null;
    }
}
