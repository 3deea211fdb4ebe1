using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A regular file: its contents are page frames, which mappings share.</summary>
public sealed class RegularInode : Inode
{
    internal RegularInode(FileSystem fileSystem, ulong number, uint mode) : base(fileSystem, number, mode)
    {
    }

    /// <inheritdoc/>
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file) => throw new NotSupportedException();

    internal Frame GetPage(uint index) => throw new NotSupportedException();

    internal void PageWritten(uint index) => throw new NotSupportedException();

    internal void Attach() => throw new NotSupportedException();

    internal void Detach() => throw new NotSupportedException();
}
