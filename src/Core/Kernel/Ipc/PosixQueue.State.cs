using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <content>State: messages in the order in which they are received, and who waits, polls and is to be told.</content>
public sealed partial class PosixQueue : IStateObject
{
    string IStateObject.StateKind => "posix-queue";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        visitor.Text("name", Name);
        visitor.Int("maximum", Maximum);
        visitor.Int("message-size", MessageSize);
        VisitInode(visitor);
        var read = visitor.List<(uint Priority, byte[] Bytes)>("messages", Messages.ToList(), PosixQueues.HardMaximum, static (v, message) =>
            (v.Uint("priority", message.Priority, PosixQueues.Priorities - 1), v.Bytes("bytes", message.Bytes ?? [], PosixQueues.HardSize) ?? []));
        Listener = visitor.Ref("listener", Listener);
        ListenerSignal = (Signal)visitor.Int("listener-signal", (int)ListenerSignal, 0, (int)Signal.Last);
        ListenerValue = visitor.Uint("listener-value", ListenerValue);
        Receivers.Visit(visitor, "receivers");
        Senders.Visit(visitor, "senders");
        Readable.Visit(visitor, "waiting-readers");
        Writable.Visit(visitor, "waiting-writers");
        if (!visitor.IsReading) return;
        visitor.Require(read.Count <= Maximum, "a queue has room for its messages");
        uint last = uint.MaxValue;
        foreach (var (priority, bytes) in read)
        {
            visitor.Require(priority <= last && bytes.Length <= MessageSize, "messages are no longer than the queue allows, those of the highest priority first");
            last = priority;
            if (!messages.TryGetValue(priority, out var level)) messages.Add(priority, level = new());
            level.Enqueue(bytes);
            Bytes += bytes.Length;
            Count++;
        }
        state.RestoredMemory += Bytes + (long)Count * Message.Overhead;
    }

    internal static PosixQueue Create(StateVisitor visitor, Machine machine) => new(machine.Ipc, visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0),
        visitor.Text("name", null, 255) ?? throw visitor.Broken("a queue has a name"), visitor.Int("maximum", 0, 1, PosixQueues.HardMaximum), visitor.Int("message-size", 0, 1, PosixQueues.HardSize));

    PosixQueue(IpcState state, FileSystem fileSystem, ulong number, string name, int maximum, int size) : base(fileSystem, number, FileModeBits.Regular)
    {
        this.state = state;
        Name = name;
        Maximum = maximum;
        MessageSize = size;
    }
}

/// <content>State.</content>
public sealed partial class PosixQueueFile : IStateObject
{
    string IStateObject.StateKind => "posix-queue-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        visitor.Require(Inode is PosixQueue, "a queue is open");
    }
}

/// <content>State: limits, and the queues that have a name.</content>
public sealed partial class PosixQueues
{
    internal void Visit(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("posix-queues", true)) return;
        QueuesMost = visitor.Int("queues-max", QueuesMost, 0);
        MaximumMost = visitor.Int("msg-max", MaximumMost, 0, HardMaximum);
        SizeMost = visitor.Int("msgsize-max", SizeMost, 0, HardSize);
        MaximumDefault = visitor.Int("msg-default", MaximumDefault, 0, HardMaximum);
        SizeDefault = visitor.Int("msgsize-default", SizeDefault, 0, HardSize);
        fileSystem = visitor.Ref("filesystem", fileSystem);
        var read = visitor.Refs("queues", queues.Values, 1 << 20);
        visitor.EndStructure();
        if (!visitor.IsReading) return;
        visitor.Later(0, () =>
        {
            foreach (var dentry in read)
            {
                visitor.Require(dentry.Inode is PosixQueue queue && dentry.Name == "/" + queue.Name && !dentry.IsDeleted && ReferenceEquals(queue.FileSystem, fileSystem), "a queue has its name");
                visitor.Require(queues.TryAdd(dentry.Name[1..], dentry), "queues have different names");
            }
        });
    }
}
