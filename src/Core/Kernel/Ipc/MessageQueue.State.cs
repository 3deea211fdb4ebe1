using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <content>State: messages, who waits for one, and who waits for room.</content>
public sealed partial class MessageQueue : IStateObject
{
    string IStateObject.StateKind => "message-queue";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitObject(visitor);
        ByteLimit = visitor.Uint("qbytes", ByteLimit);
        LastSender = visitor.Int("last-sender", LastSender, 0);
        LastReceiver = visitor.Int("last-receiver", LastReceiver, 0);
        SendTime = visitor.Number("stime", SendTime);
        ReceiveTime = visitor.Number("rtime", ReceiveTime);
        // A queue that was removed is only what those see who are on their way out.
        var read = visitor.List<Message>("messages", IsRemoved ? [] : messages, 1 << 20, static (v, message) => v.Message(message) ?? throw v.Broken("a queue has messages"));
        var waiting = visitor.Refs("receivers", receivers, Machine.MaximumPid);
        Room.Visit(visitor, "senders");
        if (!visitor.IsReading) return;
        foreach (var message in read)
        {
            messages.AddLast(message);
            Bytes += (uint)message.Bytes.Length;
        }
        visitor.Require(!IsRemoved || read.Count == 0, "a queue that was removed has no messages");
        visitor.Later(Futexes.FutexTable.WaitersAreFilled, () =>
        {
            foreach (var receiver in waiting)
            {
                visitor.Require(ReferenceEquals(receiver.Queue, this) && !receiver.IsIn && receiver.Outcome == null && !IsRemoved, "who waits for a message waits in one queue once");
                receiver.Enter();
            }
        });
    }

    internal static MessageQueue Create() => new(0);
}

/// <content>State.</content>
internal sealed partial class MessageReceiver : IStateObject
{
    /// <summary>Its queue.</summary>
    internal MessageQueue Queue => queue;

    /// <summary>True while it is in the queue.</summary>
    internal bool IsIn => node != null;

    string IStateObject.StateKind => "message-receiver";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        visitor.Need("queue", queue);
        visitor.Int("type", type);
        visitor.Flag("except", except);
        visitor.Uint("size", Most);
        visitor.Flag("cuts", Cuts);
        if (visitor.BeginStructure("received", Received != null))
        {
            Received = visitor.Message(Received);
            visitor.EndStructure();
        }
        Outcome = visitor.Outcome(Outcome);
        if (!visitor.IsReading) return;
        visitor.Require((Received != null) == (Outcome == Errno.None), "who got a message has it");
        visitor.Later(Futexes.FutexTable.WaitersAreQueued, () => visitor.Require(IsIn == (Outcome == null), "who waits for a message waits until the call has its outcome"));
    }

    internal static MessageReceiver Create(StateVisitor visitor) =>
        new(visitor.Need<Task>("task", null), visitor.Need<MessageQueue>("queue", null), visitor.Int("type", 0), visitor.Flag("except", false), visitor.Uint("size", 0, int.MaxValue), visitor.Flag("cuts", false));
}

/// <content>State.</content>
internal sealed partial class MessageSender : IStateObject
{
    string IStateObject.StateKind => "message-sender";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        visitor.Need("queue", Queue);
        Message = visitor.Message(Message)!;
    }

    internal static MessageSender Create(StateVisitor visitor) => new(visitor.Need<Task>("task", null), visitor.Need<MessageQueue>("queue", null), new Message(1, []));
}

/// <summary>What calls on System V's objects keep, as fields.</summary>
internal static class IpcStateFields
{
    /// <summary>Type and bytes.</summary>
    public static Message Message(this StateVisitor visitor, Message? message) =>
        new(visitor.Int("type", message?.Type ?? 0, 1), visitor.Bytes("bytes", message?.Bytes ?? [], (int)IpcState.MemoryLimit) ?? []);

    /// <summary>What a call gives; null while it waits.</summary>
    public static Errno? Outcome(this StateVisitor visitor, Errno? outcome)
    {
        if (!visitor.BeginStructure("outcome", outcome != null)) return visitor.IsReading ? null : outcome;
        var errno = (Errno)visitor.Int("errno", (int)(outcome ?? 0), 0, 4095);
        visitor.EndStructure();
        return errno;
    }
}
