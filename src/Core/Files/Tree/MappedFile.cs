using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A regular file as mappings see it: its page cache, under the name by which it was opened.</summary>
public sealed partial class MappedFile : IPageSource
{
    readonly RegularInode file;

    internal MappedFile(Dentry dentry, RegularInode file)
    {
        Dentry = dentry;
        this.file = file;
    }

    /// <summary>The name that the file was mapped by.</summary>
    public Dentry Dentry { get; }

    /// <inheritdoc/>
    public string Name => Dentry.FullPath();

    /// <inheritdoc/>
    public Frame GetPage(uint index) => file.GetPage(index);

    /// <inheritdoc/>
    public void PageWritten(uint index) => file.PageWritten(index);

    /// <inheritdoc/>
    public bool TryOwn(uint index) => file.TryOwn(index);

    /// <inheritdoc/>
    public void Attach() => file.Attach();

    /// <inheritdoc/>
    public void Detach() => file.Detach();
}
