namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>A message of msgsnd(2).</summary>
public sealed record Message(int Type, byte[] Bytes)
{
    /// <summary>Host bytes beside the contents.</summary>
    internal const int Overhead = 64;
}

/// <summary>A queue of messages (msgget(2)).</summary>
public sealed partial class MessageQueue : IpcObject
{
    /// <summary>Host bytes of a queue without messages.</summary>
    internal const long Cost = 512;

    readonly LinkedList<Message> messages = new();
    readonly LinkedList<MessageReceiver> receivers = new();

    internal MessageQueue(uint limit) => ByteLimit = limit;

    /// <summary>The messages, the oldest first.</summary>
    public IReadOnlyCollection<Message> Messages => messages;

    /// <summary>Bytes in it.</summary>
    public uint Bytes { get; private set; }

    /// <summary>msg_qbytes: the most bytes, and the most messages, in it.</summary>
    public uint ByteLimit { get; internal set; }

    public int LastSender { get; internal set; }

    public int LastReceiver { get; internal set; }

    /// <summary>Seconds since 1970, 0 for never.</summary>
    public long SendTime { get; internal set; }

    /// <summary>As <see cref="SendTime"/>.</summary>
    public long ReceiveTime { get; internal set; }

    /// <summary>Senders that wait for room.</summary>
    internal Files.WaitQueue Room { get; } = new();

    internal bool Fits(uint bytes) => (ulong)bytes + Bytes <= ByteLimit && (uint)messages.Count < ByteLimit;

    /// <summary>Gives the message to the first receiver that waits for it, or keeps it.</summary>
    internal void Send(Message message, int sender, long now)
    {
        LastSender = sender;
        SendTime = now;
        for (var node = receivers.First; node != null;)
        {
            var next = node.Next;
            var receiver = node.Value;
            if (receiver.Matches(message))
            {
                bool isTooBig = receiver.Most < message.Bytes.Length && !receiver.Cuts;
                receiver.Finish(isTooBig ? null : message, isTooBig ? Errno.E2BIG : Errno.None);
                if (!isTooBig)
                {
                    LastReceiver = receiver.Task.Tgid;
                    ReceiveTime = now;
                    return;
                }
            }
            node = next;
        }
        messages.AddLast(message);
        Bytes += (uint)message.Bytes.Length;
    }

    /// <summary>The message that a receiver gets: the first, or of a negative type the first of the lowest.</summary>
    internal LinkedListNode<Message>? Find(int type, bool except)
    {
        LinkedListNode<Message>? best = null;
        for (var node = messages.First; node != null; node = node.Next)
        {
            if (!Matches(node.Value, type, except)) continue;
            if (type >= 0 || except) return node;
            if (best == null || node.Value.Type < best.Value.Type) best = node;
        }
        return best;
    }

    internal static bool Matches(Message message, int type, bool except) =>
        type == 0 ? true
        : type < 0 ? message.Type <= (type == int.MinValue ? int.MaxValue : -type)
        : (message.Type == type) != except;

    internal void Take(LinkedListNode<Message> node, int receiver, long now)
    {
        messages.Remove(node);
        Bytes -= (uint)node.Value.Bytes.Length;
        LastReceiver = receiver;
        ReceiveTime = now;
        Room.Wake();
    }

    internal LinkedListNode<MessageReceiver> Add(MessageReceiver receiver) => receivers.AddLast(receiver);

    internal void Leave(LinkedListNode<MessageReceiver> node) => receivers.Remove(node);

    /// <summary>The queue is removed: all who wait get EIDRM.</summary>
    internal void WakeAll()
    {
        foreach (var receiver in receivers.ToArray()) receiver.Finish(null, Errno.EIDRM);
        Room.Wake();
    }
}

/// <summary>A task inside msgrcv(2).</summary>
internal sealed partial class MessageReceiver(Task task, MessageQueue queue, int type, bool except, uint most, bool cuts) : ITaskSubject, ICallSubject
{
    LinkedListNode<MessageReceiver>? node;

    public Task Task { get; } = task;

    public uint Most { get; } = most;

    /// <summary>MSG_NOERROR.</summary>
    public bool Cuts { get; } = cuts;

    public Message? Received { get; private set; }

    /// <summary>What the call gives, once it is known.</summary>
    public Errno? Outcome { get; private set; }

    public bool Matches(Message message) => MessageQueue.Matches(message, type, except);

    public void Enter() => node = queue.Add(this);

    public void Finish(Message? message, Errno outcome)
    {
        Leave();
        Received = message;
        Outcome = outcome;
        Task.Wake();
    }

    public void Leave()
    {
        if (node == null) return;
        queue.Leave(node);
        node = null;
    }
}

/// <summary>A task inside msgsnd(2): the message was read from its memory already.</summary>
internal sealed partial class MessageSender(Task task, MessageQueue queue, Message message) : ITaskSubject
{
    /// <inheritdoc/>
    public Task Task { get; } = task;

    public MessageQueue Queue { get; } = queue;

    public Message Message { get; private set; } = message;
}
