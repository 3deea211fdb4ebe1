using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <content>State that all objects of System V have.</content>
public abstract partial class IpcObject
{
    /// <summary>Found in its table while an image is read.</summary>
    internal bool IsRestored { get; set; }

    private protected void VisitObject(StateVisitor visitor)
    {
        Id = visitor.Int("id", Id, 0);
        Key = visitor.Int("key", Key);
        Uid = visitor.Uint("uid", Uid);
        Gid = visitor.Uint("gid", Gid);
        CreatorUid = visitor.Uint("creator-uid", CreatorUid);
        CreatorGid = visitor.Uint("creator-gid", CreatorGid);
        Mode = visitor.Uint("mode", Mode, 0xFFF);
        ChangeTime = visitor.Number("ctime", ChangeTime);
        IsRemoved = visitor.Flag("removed", IsRemoved);
        if (visitor.IsReading) visitor.Later(Files.OpenFile.HoldersAreThere, () => visitor.Require(IsRestored != IsRemoved, "an object is in its table until it is removed"));
    }
}

/// <content>State.</content>
public sealed partial class IpcRegistry<T>
{
    internal void Visit(StateVisitor visitor, string name)
    {
        if (!visitor.BeginStructure(name, true)) return;
        Limit = visitor.Int("limit", Limit, 0, IndexMask + 1);
        lastIndex = visitor.Int("last-index", lastIndex, -1, IndexMask);
        sequence = visitor.Int("sequence", sequence, 0, SequenceLimit - 1);
        var read = visitor.Refs("objects", objects.Values.ToList(), IndexMask + 1);
        visitor.EndStructure();
        if (!visitor.IsReading) return;
        visitor.Later(0, () =>
        {
            foreach (var one in read)
            {
                visitor.Require(objects.TryAdd(one.Id & IndexMask, one), $"{name} have different numbers");
                visitor.Require(one.Key == IpcObject.PrivateKey || byKey.TryAdd(one.Key, one), $"{name} have different keys");
                visitor.Require(!one.IsRemoved, $"{name} that were removed are not there");
                one.IsRestored = true;
            }
        });
    }
}

/// <content>State: limits and all objects; that nothing refers to one does not make it vanish.</content>
public sealed partial class IpcState
{
    /// <summary>Bytes that the objects of an image take, as they are found.</summary>
    internal long RestoredMemory { get; set; }

    internal void Visit(StateVisitor visitor)
    {
        SharedMemory.Visit(visitor, "shared-segments");
        Semaphores.Visit(visitor, "semaphore-sets");
        MessageQueues.Visit(visitor, "message-queues");
        if (!visitor.BeginStructure("ipc", true)) return;
        SegmentLimit = visitor.Uint("shmmax", SegmentLimit);
        SegmentPagesLimit = visitor.Uint("shmall", SegmentPagesLimit);
        SegmentPages = visitor.Word("segment-pages", SegmentPages);
        SemaphoreLimits = (visitor.Int("semmsl", SemaphoreLimits.InSet, 0), visitor.Int("semmns", SemaphoreLimits.Total, 0), visitor.Int("semopm", SemaphoreLimits.Operations, 0));
        SemaphoreCount = visitor.Int("semaphores", SemaphoreCount, 0);
        MessageLimit = visitor.Uint("msgmax", MessageLimit, int.MaxValue);
        QueueLimit = visitor.Uint("msgmnb", QueueLimit, int.MaxValue);
        Memory = visitor.Number("bytes", Memory, 0, MemoryLimit);
        visitor.EndStructure();
        if (!visitor.IsReading) return;
        visitor.Later(Files.OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(SegmentPages == (ulong)SharedMemory.Objects.Values.Sum(static segment => (long)segment.Pages), "shared segments have as many pages as they say");
            visitor.Require(SemaphoreCount == Semaphores.Objects.Values.Sum(static set => (long)set.Values.Length), "there are as many semaphores as they say");
            long bytes = RestoredMemory + Semaphores.Objects.Values.Sum(static set => SemaphoreSet.Cost(set.Values.Length))
                + MessageQueues.Objects.Values.Sum(static queue => MessageQueue.Cost + queue.Messages.Sum(static message => (long)message.Bytes.Length + Message.Overhead));
            visitor.Require(Memory == bytes, $"messages and semaphores take as many bytes as they say, {Memory} and not {bytes}");
        });
    }
}
