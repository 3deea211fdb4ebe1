using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <content>Datagrams and sequenced packets.</content>
internal sealed partial class UnixSocket
{
    readonly HashSet<UnixSocket> connectedSenderSet = new(ReferenceEqualityComparer.Instance);
    readonly List<UnixSocket> connectedSenders = [];

    /// <summary>Wakes senders that wait for room in this socket's queue.</summary>
    readonly WaitQueue room = new();

    IoResult ConnectDatagram(ReadOnlySpan<byte> address, SocketCaller caller)
    {
        if (address.Length < 2) return Errno.EINVAL;
        UnixSocket? other = null;
        if (BinaryPrimitives.ReadUInt16LittleEndian(address) != Families.Unspecified)
        {
            var error = CheckAddress(address);
            if (error != Errno.None) return error;
            if (PassCredentials && name.Length == 0 && (error = Autobind()) != Errno.None) return error;
            error = Find(address, caller, out other);
            if (error != Errno.None) return error;
            if (other!.peer != null && !ReferenceEquals(other.peer, this)) return Errno.EPERM;
            PeerIdentity = PeerIdentity.None;
        }
        var old = peer;
        peer = other;
        state = other != null ? State.Connected : State.Closed;
        if (!ReferenceEquals(old, other))
        {
            old?.RemoveSender(this);
            if (old != null) Disconnected(old);
            if (other != null && other.connectedSenderSet.Add(this)) other.connectedSenders.Add(this);
        }
        Writable.Wake();
        return Errno.None;
    }

    void RemoveSender(UnixSocket sender)
    {
        if (connectedSenderSet.Remove(sender)) connectedSenders.Remove(sender);
    }

    /// <summary>A datagram socket lost its peer: what the peer has sent is dropped, and the peer, if connected back, hears of it.</summary>
    void Disconnected(UnixSocket other)
    {
        if (queue.Count == 0) return;
        Purge();
        if (!other.IsDead && ReferenceEquals(other.peer, this)) other.Fail(Errno.ECONNRESET);
    }

    IoResult SendSequenced(in OutgoingMessage message)
    {
        if (PendingError != Errno.None) return TakeError();
        if (state != State.Connected) return Errno.ENOTCONN;
        return SendDatagram(message);
    }

    IoResult SendDatagram(in OutgoingMessage message)
    {
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        UnixSocket? other;
        var error = Errno.None;
        bool isAddressed = !message.To.IsEmpty && Type == SocketType.Datagram;
        if (isAddressed)
        {
            error = CheckAddress(message.To);
            if (error != Errno.None) return error;
            other = null;
        }
        else
        {
            other = peer;
            if (other == null) return Errno.ENOTCONN;
        }
        if (PassCredentials && name.Length == 0 && (error = Autobind()) != Errno.None) return error;
        if (message.Data.Length > SendBuffer - 32) return Errno.EMSGSIZE;
        if (PendingError != Errno.None) return TakeError();
        if ((Shutdowns & Shut.Send) != 0) return Errno.EPIPE;
        if (charged >= SendBuffer) return WaitForRoom();
        if (isAddressed)
        {
            error = Find(message.To, message.Caller, out other);
            if (error != Errno.None) return error;
        }
        if (other!.peer != null && !ReferenceEquals(other.peer, this) && !other.IsDead) return Errno.EPERM;
        if (other.IsDead)
        {
            if (Type == SocketType.SequencedPacket) return Errno.EPIPE;
            peer = null;
            state = State.Closed;
            Disconnected(other);
            return Errno.ECONNREFUSED;
        }
        if ((other.Shutdowns & Shut.Receive) != 0) return Errno.EPIPE;
        if (IsPeerFull(other) || (Network.IsFull && other.queue.Count > 0)) return IoResult.Block(other.room);
        Deliver(other, message.Data, PacketMemory.OfDatagram(message.Data.Length), message, withFiles: true);
        return IoResult.From(message.Data.Length);
    }

    IoResult ReceiveDatagram(ref IncomingMessage message)
    {
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return Errno.EOPNOTSUPP;
        if (PendingError != Errno.None) return TakeError();
        bool peek = (message.Flags & MessageFlags.Peek) != 0;
        var at = queue.First;
        int skip = peek ? Math.Max(PeekOffset, 0) : 0;
        while (peek && skip > 0 && at != null && skip >= at.Value.Data.Length)
        {
            skip -= at.Value.Data.Length;
            at = at.Next;
        }
        if (at == null) return (Shutdowns & Shut.Receive) != 0 && (Type == SocketType.SequencedPacket || !message.IsNonBlocking) ? Errno.None : IoResult.Block(Readable);
        var packet = at.Value;
        var data = packet.Data.AsSpan(skip);
        int length = Math.Min(message.Data.Length, data.Length);
        data[..length].CopyTo(message.Data);
        if (length < data.Length) message.Result |= MessageFlags.Truncated;
        if (packet.From.Length != 0) message.From = packet.From;
        AddAncillary(packet, ref message);
        message.Files = TakeFiles(packet, peek);
        if (!peek) Remove(packet);
        if (PeekOffset >= 0) PeekOffset = peek ? PeekOffset + length : Math.Max(PeekOffset - packet.Data.Length, 0);
        return IoResult.From((message.Flags & MessageFlags.Truncated) != 0 ? data.Length : length);
    }
}
