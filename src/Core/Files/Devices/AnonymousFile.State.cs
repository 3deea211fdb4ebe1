using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
public abstract partial class AnonymousFile
{
    private protected void VisitAnonymous(StateVisitor visitor)
    {
        VisitFile(visitor);
        visitor.Require(Inode is AnonymousInode, "an object without a file has the inode of all such");
    }
}
