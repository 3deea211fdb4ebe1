using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Ipc;

/// <summary>A message queue of POSIX (mq_overview(7)): messages by priority, the oldest first within one.</summary>
public sealed partial class PosixQueue : Inode
{
    readonly SortedDictionary<uint, Queue<byte[]>> messages = new(Comparer<uint>.Create(static (a, b) => b.CompareTo(a)));

    readonly IpcState state;

    internal PosixQueue(IpcState state, FileSystem fileSystem, Timespec now, string name, uint mode, int maximum, int size) : base(fileSystem, fileSystem.TakeInode(), FileModeBits.Regular | mode)
    {
        this.state = state;
        Name = name;
        Maximum = maximum;
        MessageSize = size;
        AccessTime = ModifyTime = ChangeTime = now;
    }

    /// <summary>Without the slash.</summary>
    public string Name { get; }

    /// <summary>The most messages.</summary>
    public int Maximum { get; }

    /// <summary>The most bytes of a message.</summary>
    public int MessageSize { get; }

    /// <summary>Messages in it.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in it.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the queue counts against RLIMIT_MSGQUEUE of its owner, as a 32-bit kernel reckons it.</summary>
    public long Cost => Maximum * 24L + Math.Min(Maximum, PosixQueues.Priorities) * 24L + (long)Maximum * MessageSize;

    /// <summary>The messages in the order in which they are received.</summary>
    public IEnumerable<(uint Priority, byte[] Bytes)> Messages => messages.SelectMany(static level => level.Value.Select(bytes => (level.Key, bytes)));

    /// <inheritdoc/>
    public override long Size => 80;

    /// <summary>The process that is told of the next message in an empty queue; null for none.</summary>
    internal ThreadGroup? Listener { get; private set; }

    /// <summary>What it is told by: a signal, or None to be only registered.</summary>
    internal Signal ListenerSignal { get; private set; }

    internal uint ListenerValue { get; private set; }

    /// <summary>Those inside mq_receive(3), and those inside mq_send(3).</summary>
    internal WaitQueue Receivers { get; } = new();

    internal WaitQueue Senders { get; } = new();

    /// <summary>Those who poll.</summary>
    internal WaitQueue Readable { get; } = new();

    internal WaitQueue Writable { get; } = new();

    /// <inheritdoc/>
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = new PosixQueueFile(dentry, flags);
        return Errno.None;
    }

    internal void Put(Task sender, uint priority, byte[] bytes)
    {
        if (!messages.TryGetValue(priority, out var level)) messages.Add(priority, level = new());
        level.Enqueue(bytes);
        Bytes += bytes.Length;
        bool isTold = ++Count == 1 && Receivers.IsEmpty && Listener != null;
        Receivers.Wake();
        Readable.Wake();
        if (!isTold) return;
        var (group, signal, value) = (Listener!, ListenerSignal, ListenerValue);
        Listener = null;
        if (signal == Signal.None) return;
        const int messageQueue = -3;
        var info = SignalInfo.FromTask(signal, messageQueue, sender.Tgid, (int)sender.Credentials.Uid);
        info.Field2 = value;
        sender.Machine.SendSignal(group, info);
    }

    internal (uint Priority, byte[] Bytes) Take()
    {
        var (priority, level) = messages.First();
        var bytes = level.Dequeue();
        if (level.Count == 0) messages.Remove(priority);
        Bytes -= bytes.Length;
        Count--;
        state.Memory -= bytes.Length + Message.Overhead;
        Senders.Wake();
        Writable.Wake();
        return (priority, bytes);
    }

    internal bool Listen(ThreadGroup group, Signal signal, uint value)
    {
        if (Listener is { IsZombie: false }) return false;
        (Listener, ListenerSignal, ListenerValue) = (group, signal, value);
        return true;
    }

    internal void StopListening(ThreadGroup? group)
    {
        if (ReferenceEquals(Listener, group)) Listener = null;
    }

    internal override void Evict()
    {
        state.Memory -= Bytes + (long)Count * Message.Overhead;
        messages.Clear();
        Bytes = 0;
        Count = 0;
    }
}

/// <summary>An open queue. Reading its descriptor tells of it in text; messages come by calls of their own.</summary>
public sealed partial class PosixQueueFile : OpenFile
{
    /// <inheritdoc/>
    public override bool GivesSplices => false;

    /// <inheritdoc/>
    public override bool TakesSplices => false;

    internal PosixQueueFile(Dentry dentry, OpenFlags flags) : base(dentry, flags, AccessOf(flags) | FMode.Seek | FMode.ReadAt)
    {
    }

    /// <summary>The queue.</summary>
    public PosixQueue Queue => (PosixQueue)Inode;

    /// <inheritdoc/>
    public override WaitQueue Readable => Queue.Readable;

    /// <inheritdoc/>
    public override WaitQueue Writable => Queue.Writable;

    /// <inheritdoc/>
    public override PollEvents Poll() =>
        (Queue.Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None) | (Queue.Count < Queue.Maximum ? PollEvents.Out | PollEvents.WriteNormal : PollEvents.None);

    /// <inheritdoc/>
    protected override IoResult ReadFrom(long position, Span<byte> to)
    {
        int signal = Queue.Listener != null ? (int)Queue.ListenerSignal : 0, pid = Queue.Listener?.Id ?? 0;
        var text = GuestText.ToBytes($"QSIZE:{Queue.Bytes,-10} NOTIFY:{(Queue.Listener != null && signal == 0 ? 1 : 0),-5} SIGNO:{signal,-5} NOTIFY_PID:{pid,-6}\n");
        if (position >= text.Length) return Errno.None;
        int length = (int)Math.Min(to.Length, text.Length - position);
        text.AsSpan((int)position, length).CopyTo(to);
        return IoResult.From(length);
    }
}

/// <summary>The queues of a machine by name, and their limits (/proc/sys/fs/mqueue).</summary>
public sealed partial class PosixQueues(Machine machine)
{
    /// <summary>MQ_PRIO_MAX.</summary>
    public const int Priorities = 32768;

    /// <summary>What root may ask for at most: messages, and bytes of one.</summary>
    internal const int HardMaximum = 65536, HardSize = 16 << 20;

    readonly SortedDictionary<string, Dentry> queues = new(StringComparer.Ordinal);
    FileSystem? fileSystem;

    /// <summary>The queues that have a name.</summary>
    public IEnumerable<PosixQueue> All => queues.Values.Select(static dentry => (PosixQueue)dentry.Inode);

    public int QueuesMost { get; internal set; } = 256;

    public int MaximumMost { get; internal set; } = 10;

    public int SizeMost { get; internal set; } = 8192;

    public int MaximumDefault { get; internal set; } = 10;

    public int SizeDefault { get; internal set; } = 8192;

    internal Dentry? Find(string name) => queues.GetValueOrDefault(name);

    /// <summary>Makes a queue: ENOSPC, EINVAL, EMFILE as mq_open(3) has them.</summary>
    internal Errno Create(Task task, string name, uint mode, int maximum, int size, out Dentry? made)
    {
        made = null;
        var credentials = task.Credentials;
        if (queues.Count >= QueuesMost && !credentials.Has(Capability.Resource)) return Errno.ENOSPC;
        if (maximum <= 0 || size <= 0) return Errno.EINVAL;
        if (maximum > (credentials.Has(Capability.Resource) ? HardMaximum : MaximumMost) || size > (credentials.Has(Capability.Resource) ? HardSize : SizeMost)) return Errno.EINVAL;
        fileSystem ??= machine.Tree.NewFileSystem("mqueue", 0x19800202);
        var now = TimeConversions.ToTimespec(machine.Clock.Realtime);
        var queue = new PosixQueue(machine.Ipc, fileSystem, now, name, mode, maximum, size) { Uid = credentials.EffectiveUid, Gid = credentials.EffectiveGid };
        long used = All.Where(other => other.Uid == queue.Uid).Sum(static other => other.Cost);
        if ((ulong)(used + queue.Cost) > task.Group.Limits[Resource.MessageQueues].Current) return Errno.EMFILE;
        made = new Dentry(null, "/" + name, queue);
        queues.Add(name, made);
        return Errno.None;
    }

    /// <summary>Takes a queue's name away; it lives as long as somebody has it open.</summary>
    internal void Unlink(string name)
    {
        if (!queues.Remove(name, out var dentry)) return;
        dentry.IsDeleted = true;
        dentry.Inode.Links = 0;
        dentry.Inode.EvictIfUnused();
    }
}
