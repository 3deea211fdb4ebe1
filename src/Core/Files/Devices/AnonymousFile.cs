namespace CheckpointRestart.Core.Files;

/// <summary>An open object of the kernel without a file: it has no positions, but lseek(2) does nothing rather than fail (noop_llseek).</summary>
public abstract partial class AnonymousFile : OpenFile
{
    /// <summary>An object with one reference.</summary>
    /// <param name="tree">The machine's tree.</param>
    /// <param name="name">What /proc/pid/fd shows behind anon_inode:.</param>
    /// <param name="flags">Access mode and O_NONBLOCK.</param>
    protected AnonymousFile(FileTree tree, string name, OpenFlags flags)
        : base((tree ?? throw new ArgumentNullException(nameof(tree))).NewAnonymous(name), flags, AccessOf(flags)) => Tree = tree;

    /// <summary>An object under a name that is there already.</summary>
    private protected AnonymousFile(FileTree tree, Dentry dentry, OpenFlags flags) : base(dentry, flags, AccessOf(flags)) => Tree = tree;

    /// <summary>The machine's tree.</summary>
    protected FileTree Tree { get; }

    /// <inheritdoc/>
    public override bool GivesSplices => false;

    /// <inheritdoc/>
    public override bool TakesSplices => false;

    /// <inheritdoc/>
    public override IoResult Seek(long offset, Whence whence) => IoResult.From(Position);
}
