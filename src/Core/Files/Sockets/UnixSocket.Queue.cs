namespace CheckpointRestart.Core.Files;

/// <content>What was sent and not yet received, and whose buffer it fills.</content>
internal sealed partial class UnixSocket
{
    readonly LinkedList<UnixPacket> queue = new();
    int charged;
    int queuedBytes;

    /// <summary>What is in the queue.</summary>
    public IEnumerable<UnixPacket> Packets => queue;

    /// <inheritdoc/>
    public override IoResult UnreadBytes =>
        state == State.Listening ? Errno.EINVAL
        : IsPacket && Type != SocketType.SequencedPacket ? IoResult.From(queue.First?.Value.Data.Length ?? 0)
        : IoResult.From(queuedBytes);

    /// <inheritdoc/>
    public override IoResult UnsentBytes => IoResult.From(charged);

    static bool IsFull(UnixSocket receiver) => receiver.queue.Count > receiver.backlog;

    /// <summary>A connected datagram socket whose peer is not connected back waits for room in the peer's queue.</summary>
    bool IsPeerFull(UnixSocket? other) => other != null && !ReferenceEquals(other, this) && !ReferenceEquals(other.peer, this) && IsFull(other);

    void Deliver(UnixSocket to, ReadOnlySpan<byte> data, int charge, in OutgoingMessage message, bool withFiles, bool isUrgent = false)
    {
        var files = withFiles ? message.Files : null;
        if (files != null)
        {
            foreach (var file in files) file.AddReference();
            Network.Collector.Sent(files, Owner.Uid);
        }
        // Credentials are noted when either end asks for them, or they were given.
        var identity = message.Credentials ?? (PassCredentials || to.PassCredentials || to.File == null ? message.Caller.RealIdentity : PeerIdentity.None);
        charged += charge;
        to.queuedBytes += data.Length;
        Network.Buffered += charge;
        to.queue.AddLast(new UnixPacket
        {
            Sender = this,
            Data = data.ToArray(),
            Charge = charge,
            Files = files,
            Credentials = identity,
            From = name,
            Arrived = to.WantsTimestamp ? Network.Now : default,
        });
        if (isUrgent)
        {
            // One that was not taken before is urgent no more.
            to.urgent = to.queue.Last!.Value;
            to.HasUrgent();
        }
        to.HasInput();
    }

    /// <summary>Takes a packet out of the queue and gives its sender the room back.</summary>
    void Remove(UnixPacket packet)
    {
        queue.Remove(packet);
        if (ReferenceEquals(packet, urgent)) urgent = null;
        queuedBytes -= packet.Left;
        Free(packet);
        if (IsPacket) Writable.Wake();
        WakeSendersTo();
    }

    void Free(UnixPacket packet)
    {
        var sender = packet.Sender;
        sender.charged -= packet.Charge;
        Network.Buffered -= packet.Charge;
        if (sender.IsWritable) sender.HasRoom();
        else sender.Writable.Wake();
    }

    /// <summary>Datagram senders wait in the receiver's queue for room: those that poll wait in their own.</summary>
    void WakeSendersTo()
    {
        if (Type != SocketType.Datagram) return;
        room.Wake();
        foreach (var sender in connectedSenders) sender.Writable.Wake();
    }

    void Purge()
    {
        while (queue.First is { } first)
        {
            var packet = first.Value;
            queue.RemoveFirst();
            Free(packet);
            Drop(packet);
        }
        queuedBytes = 0;
        urgent = null;
        room.Wake();
        foreach (var sender in connectedSenders) sender.Writable.Wake();
    }

    void Drop(UnixPacket packet)
    {
        if (packet.Files == null) return;
        var files = packet.Files;
        packet.Files = null;
        Network.Collector.Received(files, packet.Sender.Owner.Uid);
        Network.Release(files);
    }

    /// <summary>Takes the files out of a packet, or with MSG_PEEK copies of their references.</summary>
    OpenFile[]? TakeFiles(UnixPacket packet, bool peek)
    {
        if (packet.Files is not { } files) return null;
        if (peek)
        {
            foreach (var file in files) file.AddReference();
            return files;
        }
        packet.Files = null;
        Network.Collector.Received(files, packet.Sender.Owner.Uid);
        return files;
    }

    /// <summary>Drops all files that are in flight here, since nobody can receive them any more.</summary>
    internal List<OpenFile> TakeAllFiles()
    {
        var taken = new List<OpenFile>();
        foreach (var packet in queue)
            if (TakeFiles(packet, peek: false) is { } files) taken.AddRange(files);
        foreach (var connection in pending) taken.AddRange(connection.TakeAllFiles());
        return taken;
    }

    void AddAncillary(UnixPacket packet, ref IncomingMessage message)
    {
        if (PassCredentials) message.Credentials = packet.Credentials;
        if (WantsTimestamp) AddTimestamp(ref message, packet.Arrived);
    }

    /// <inheritdoc/>
    public override void AddState(Action<ReadOnlySpan<byte>> add)
    {
        add([(byte)state, (byte)Shutdowns, (byte)PendingError, (byte)(peer == null ? 0 : 1)]);
        add(name);
        foreach (var packet in queue)
        {
            add(packet.Data.AsSpan(packet.Consumed));
            if (packet.Left == 0 || ReferenceEquals(packet, urgent)) add([(byte)(packet.Left + 1)]);
        }
        foreach (var connection in pending) connection.AddState(add);
    }
}
