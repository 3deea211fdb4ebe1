namespace CheckpointRestart.Core.Files;

/// <content>Bytes of a connection, urgent ones too.</content>
internal sealed partial class TcpSocket
{
    /// <summary>What is known of an urgent byte (TCP_URG_*).</summary>
    enum Urgent
    {
        None,
        Valid,
        Read,
    }

    /// <summary>What a sender whose buffer grows by itself may have under way (tcp_wmem).</summary>
    const int GrownBuffer = 262144;

    readonly ByteQueue input = new();
    long position;
    long urgentAt;
    Urgent urgent;

    /// <summary>Bytes that wait here.</summary>
    public int Unread => input.Count;

    /// <summary>Bytes that both buffers of one direction hold.</summary>
    int Capacity => Math.Max(SendBuffer, hasFixedSendBuffer ? 0 : GrownBuffer) + (peer?.ReceiveBuffer ?? 0);

    int InFlight => peer?.input.Count ?? 0;

    bool IsConnected => State is TcpState.Established or TcpState.CloseWait;

    /// <inheritdoc/>
    public override IoResult UnreadBytes
    {
        get
        {
            if (State == TcpState.Listen) return Errno.EINVAL;
            if (State == TcpState.SynSent) return IoResult.From(0);
            bool stops = urgent != Urgent.None && !OobInline && urgentAt >= position && urgentAt < position + input.Count;
            return IoResult.From(stops ? urgentAt - position : input.Count);
        }
    }

    /// <inheritdoc/>
    public override IoResult UnsentBytes => State == TcpState.Listen ? Errno.EINVAL : IoResult.From(0);

    /// <inheritdoc/>
    public override bool? IsAtMark => urgent != Urgent.None && urgentAt == position;

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        if (State == TcpState.Listen) return pending.Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
        var events = PollEvents.None;
        if (Shutdowns == Shut.Both || State == TcpState.Close) events |= PollEvents.HangUp;
        if ((Shutdowns & Shut.Receive) != 0) events |= PollEvents.In | PollEvents.ReadNormal | PollEvents.ReadHangUp;
        if (State != TcpState.SynSent)
        {
            int target = Math.Min(ReceiveLowWater, ReceiveBuffer >> 1);
            if (urgent != Urgent.None && urgentAt == position && !OobInline) target++;
            if (input.Count >= target) events |= PollEvents.In | PollEvents.ReadNormal;
            if ((Shutdowns & Shut.Send) != 0 || IsWritable) events |= PollEvents.Out | PollEvents.WriteNormal;
            if (urgent == Urgent.Valid) events |= PollEvents.Priority;
        }
        if (PendingError != Errno.None) events |= PollEvents.Error;
        return events;
    }

    bool IsWritable => InFlight <= Capacity / 3 * 2;

    /// <inheritdoc/>
    public override IoResult Send(in OutgoingMessage message)
    {
        if (State == TcpState.SynSent) return WaitForRoom();
        if (PendingError != Errno.None) return TakeError();
        if ((Shutdowns & Shut.Send) != 0 || !IsConnected) return Errno.EPIPE;
        if (message.Data.IsEmpty) return Errno.None;
        var other = peer!;
        if (other.IsDead)
        {
            // It is gone, and answers with a reset.
            Network.Ports.Free(other.trace);
            other.peer = peer = null;
            Reset(Errno.None);
            return IoResult.From(message.Data.Length);
        }
        int room = Capacity - other.input.Count;
        if (room <= 0 || (Network.IsFull && other.input.Count > 0)) return WaitForRoom();
        int length = Math.Min(room, message.Data.Length);
        bool isWhole = length == message.Data.Length;
        other.Take(message.Data[..length], isUrgent: isWhole && (message.Flags & MessageFlags.OutOfBand) != 0);
        return IoResult.From(length);
    }

    void Take(ReadOnlySpan<byte> bytes, bool isUrgent)
    {
        // An urgent byte that nobody has taken out of the stream stays in it once another follows.
        input.Add(bytes);
        Network.Buffered += bytes.Length;
        if (isUrgent)
        {
            urgentAt = position + input.Count - 1;
            urgent = Urgent.Valid;
            HasUrgent();
            Signal(IoReason.Input);
        }
        if (WantsTimestamp) LastArrival = Network.Now;
        HasInput();
    }

    /// <inheritdoc/>
    public override IoResult Receive(ref IncomingMessage message)
    {
        if (State == TcpState.Listen) return Errno.ENOTCONN;
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return ReceiveUrgent(ref message);
        bool peek = (message.Flags & MessageFlags.Peek) != 0;
        int offset = 0, length;
        if (urgent != Urgent.None && urgentAt >= position && urgentAt < position + input.Count)
        {
            int ahead = (int)(urgentAt - position);
            if (ahead > 0)
            {
                length = Math.Min(message.Data.Length, ahead);
                message.IsBoundary = length == ahead;
            }
            else
            {
                // A read stops in front of the mark, but for one that begins there.
                if (message.Before > 0 && !peek) return IoResult.From(0);
                offset = OobInline ? 0 : 1;
                length = Math.Min(message.Data.Length, input.Count - offset);
            }
        }
        else
        {
            length = Math.Min(message.Data.Length, input.Count);
        }
        bool isEnd = (Shutdowns & Shut.Receive) != 0 || State == TcpState.Close || PendingError != Errno.None;
        if (length > 0 && (!peek || length >= message.Target || message.IsBoundary || isEnd || message.IsNonBlocking))
        {
            if ((message.Flags & MessageFlags.Truncated) == 0) input.CopyTo(offset, message.Data[..length]);
            if (WantsTimestamp) AddTimestamp(ref message, LastArrival);
            if (!peek) Consume(offset + length);
            return IoResult.From(length);
        }
        if (message.Data.IsEmpty) return Errno.None;
        if (offset > 0 && !peek && input.Count == 1) Consume(1);
        if (isDone) return Errno.None;
        if (PendingError != Errno.None) return TakeError();
        if ((Shutdowns & Shut.Receive) != 0) return Errno.None;
        return State == TcpState.Close ? Errno.ENOTCONN : IoResult.Block(Readable);
    }

    IoResult ReceiveUrgent(ref IncomingMessage message)
    {
        if (OobInline || urgent is Urgent.None or Urgent.Read) return Errno.EINVAL;
        if (State == TcpState.Close && !isDone) return Errno.ENOTCONN;
        message.Result |= MessageFlags.OutOfBand;
        message.IsBoundary = true;
        if (urgentAt < position || urgentAt >= position + input.Count)
        {
            if (!message.Data.IsEmpty) message.Data[0] = passed;
        }
        else if (!message.Data.IsEmpty)
        {
            input.CopyTo((int)(urgentAt - position), message.Data[..1]);
        }
        if ((message.Flags & MessageFlags.Peek) == 0) urgent = Urgent.Read;
        if (!message.Data.IsEmpty) return IoResult.From(1);
        message.Result |= MessageFlags.Truncated;
        return IoResult.From(0);
    }

    /// <summary>The urgent byte that reading has gone past.</summary>
    byte passed;

    void Consume(int count)
    {
        if (urgent == Urgent.Valid && urgentAt >= position && urgentAt < position + count && !OobInline)
        {
            Span<byte> one = stackalloc byte[1];
            input.CopyTo((int)(urgentAt - position), one);
            passed = one[0];
        }
        input.Skip(count);
        position += count;
        Network.Buffered -= count;
        // Once it has been read past, a mark is no more.
        if (urgent == Urgent.Read && urgentAt < position) urgent = Urgent.None;
        if (urgent == Urgent.Valid && OobInline && urgentAt < position) urgent = Urgent.None;
        if (peer is { } sender && sender.IsWritable) sender.HasRoom();
    }

    void DropInput()
    {
        Network.Buffered -= input.Count;
        position += input.Count;
        input.Clear();
        if (peer is { } sender && !ReferenceEquals(sender, this)) sender.Writable.Wake();
    }

    /// <inheritdoc/>
    public override void AddState(Action<ReadOnlySpan<byte>> add)
    {
        add([(byte)State, (byte)stage, (byte)Shutdowns, (byte)PendingError, (byte)urgent, (byte)(isDone ? 1 : 0)]);
        add(Local.Write(isLong: true));
        add(Remote.Write(isLong: true));
        var bytes = new byte[input.Count];
        input.CopyTo(0, bytes);
        add(bytes);
        foreach (var connection in pending) connection.AddState(add);
    }
}
