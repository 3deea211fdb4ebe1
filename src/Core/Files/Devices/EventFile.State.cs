using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
public sealed partial class EventFile : IStateObject
{
    string IStateObject.StateKind => "eventfd";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        Count = visitor.Word("count", Count);
        IsSemaphore = visitor.Flag("semaphore", IsSemaphore);
        Number = visitor.Int("id", Number);
        readable.Visit(visitor, "waiting-readers");
        writable.Visit(visitor, "waiting-writers");
        visitor.Require(Count != ulong.MaxValue, "a counter stays below its highest value");
    }

    internal static EventFile Create(StateVisitor visitor, FileTree tree) => new(tree, NameOf(visitor), FlagsOf(visitor));

    EventFile(FileTree tree, Dentry dentry, OpenFlags flags) : base(tree, dentry, flags)
    {
    }
}
