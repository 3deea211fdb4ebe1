using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: bytes with their division into slots, and who waits at which side.</content>
public sealed partial class Pipe : IStateObject
{
    string IStateObject.StateKind => "pipe";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Readers = visitor.Int("readers", Readers, 0);
        Writers = visitor.Int("writers", Writers, 0);
        readerOpens = visitor.Int("reader-opens", readerOpens, 0);
        writerOpens = visitor.Int("writer-opens", writerOpens, 0);
        buffers.Visit(visitor);
        Readable.Visit(visitor, "waiting-readers");
        Writable.Visit(visitor, "waiting-writers");
        asyncReaders = visitor.Ref("async-readers", asyncReaders);
        asyncWriters = visitor.Ref("async-writers", asyncWriters);
        if (!visitor.IsReading) return;
        asyncReaders?.RequireAll(visitor, file => file is PipeFile end && ReferenceEquals(end.Pipe, this));
        asyncWriters?.RequireAll(visitor, file => file is PipeFile end && ReferenceEquals(end.Pipe, this));
        budget.Restore(Readers + Writers > 0 ? Capacity : 0);
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(restoredReaders == Readers && restoredWriters == Writers, "a pipe has as many ends as it says"));
    }

    int restoredReaders, restoredWriters;

    internal void CountRestored(FMode mode)
    {
        if ((mode & FMode.Read) != 0) restoredReaders++;
        if ((mode & FMode.Write) != 0) restoredWriters++;
    }

    internal static Pipe Create(FileTree tree) => new(tree.PipeBudget);
}

/// <content>State.</content>
internal sealed partial class PipeBudget
{
    public void Restore(int capacity) => taken += capacity;
}

/// <content>State.</content>
internal sealed partial class PipeBuffers
{
    /// <summary>The most slots of a pipe: 64 MiB.</summary>
    const int MostSlots = 1 << 14;

    public void Visit(StateVisitor visitor)
    {
        Limit = visitor.Int("slots", Limit, 0, MostSlots);
        int count = visitor.BeginList("contents", Used, MostSlots);
        for (int index = 0; index < count; index++)
        {
            visitor.Item();
            var slot = visitor.IsReading ? default : ring[(first + index) % ring.Length];
            slot.Offset = visitor.Int("offset", slot.Offset, 0, SlotBytes);
            var bytes = visitor.Bytes("bytes", visitor.IsReading ? null : slot.Page.AsSpan(slot.Offset, slot.Length).ToArray(), SlotBytes - slot.Offset) ?? [];
            slot.IsPacket = visitor.Flag("packet", slot.IsPacket);
            slot.CanMerge = visitor.Flag("can-merge", slot.CanMerge);
            if (!visitor.IsReading) continue;
            visitor.Require(bytes.Length > 0, "a slot of a pipe has bytes");
            slot.Page = new byte[SlotBytes];
            slot.Length = bytes.Length;
            bytes.CopyTo(slot.Page, slot.Offset);
            Add(slot);
        }
        visitor.EndList();
    }
}

/// <content>State.</content>
internal sealed partial class PipeInode : IStateObject
{
    string IStateObject.StateKind => "pipe-inode";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("pipe", Pipe);
        VisitInode(visitor);
    }

    internal static PipeInode Create(StateVisitor visitor, FileTree tree) => new(tree.PipeFiles, visitor.Word("number", 0), visitor.Need<Pipe>("pipe", null));

    PipeInode(FileSystem fileSystem, ulong number, Pipe pipe) : base(fileSystem, number, FileModeBits.Fifo) => Pipe = pipe;
}

/// <content>State.</content>
public sealed partial class PipeFile : IStateObject
{
    string IStateObject.StateKind => "pipe-end";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("pipe", Pipe);
        VisitFile(visitor);
        otherOpens = visitor.Int("other-opens", otherOpens);
        isOpening = visitor.Flag("opening", isOpening);
        if (visitor.IsReading) Pipe.CountRestored(Mode);
    }

    internal static PipeFile Create(StateVisitor visitor) => new(visitor.Need<Pipe>("pipe", null), NameOf(visitor), FlagsOf(visitor));
}
