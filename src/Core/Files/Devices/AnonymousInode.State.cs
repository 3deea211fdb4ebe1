using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
internal sealed partial class AnonymousInode : IStateObject
{
    string IStateObject.StateKind => "anonymous-inode";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        VisitInode(visitor);
    }
}

/// <content>State.</content>
public sealed partial class FileTree
{
    /// <summary>The one inode of all objects without a file.</summary>
    internal IStateObject CreateAnonymous(StateVisitor visitor)
    {
        visitor.Require(anonymous == null, "there is one inode for all objects without a file");
        return anonymous = new AnonymousInode(visitor.Need<FileSystem>("filesystem", null), Now);
    }
}
