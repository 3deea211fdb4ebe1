using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State. The queues in which it watches name it, so that each has its watchers in their order.</content>
public sealed partial class EpollItem : IStateObject, IRestoredWatcher
{
    string IStateObject.StateKind => "epoll-item";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Owner = visitor.Need("epoll", Owner);
        File = visitor.Need("file", File);
        Descriptor = visitor.Int("descriptor", Descriptor, 0);
        Serial = visitor.Number("serial", Serial, 1);
        Events = visitor.Uint("events", Events);
        Data = visitor.Word("data", Data);
        if (!visitor.IsReading) return;
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(isInSet, "what an epoll watches is in its set");
            visitor.Require(isKnown, "a file knows who watches it");
            // Where the file has another queue for each caller, the one in question may be gone.
            if (File.HasOneQueue) visitor.Require(ReferenceEquals(readable, File.Readable) && ReferenceEquals(writable, WritableOf(File)), "a watch is in the queues of its file");
        });
    }

    bool isInSet, isKnown;

    /// <summary>Reading: the epoll has it.</summary>
    internal bool IsIn(EpollFile owner) => ReferenceEquals(Owner, owner) && !isInSet && (isInSet = true);

    /// <summary>Reading: the file has it.</summary>
    internal bool IsOf(OpenFile file) => ReferenceEquals(File, file) && !isKnown && (isKnown = true);

    void IRestoredWatcher.WatchAgain(WaitQueue queue, bool isExclusive, StateVisitor visitor)
    {
        visitor.Require(isExclusive == IsExclusive, "a watch is among those of its kind");
        bool isWritable = ReferenceEquals(queue, WritableOf(File));
        visitor.Require(isWritable ? writable == null : readable == null, "a watch is once in the queues of its file");
        if (isWritable) writable = queue;
        else readable = queue;
    }

    internal static EpollItem Create() => new(null!, null!, 0, 0);
}
