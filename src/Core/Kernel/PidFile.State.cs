using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State: the process, also one that has been waited for.</content>
public sealed partial class PidFile : IStateObject
{
    string IStateObject.StateKind => "pidfd";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("process", Process);
        VisitFile(visitor);
    }

    internal static PidFile Create(StateVisitor visitor, FileTree tree) => new(visitor.Need<ThreadGroup>("process", null), tree, NameOf(visitor), FlagsOf(visitor));

    PidFile(ThreadGroup process, FileTree tree, Dentry dentry, OpenFlags flags) : base(tree, dentry, flags) => Process = process;
}
