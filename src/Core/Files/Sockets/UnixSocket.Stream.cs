namespace CheckpointRestart.Core.Files;

/// <content>Streams.</content>
internal sealed partial class UnixSocket
{
    IoResult SendStream(in OutgoingMessage message)
    {
        // The last byte of an urgent send travels by itself.
        bool isUrgent = (message.Flags & MessageFlags.OutOfBand) != 0;
        if (isUrgent && message.Data.IsEmpty) return Errno.EOPNOTSUPP;
        int ordinary = message.Data.Length - (isUrgent ? 1 : 0);
        if (!message.To.IsEmpty) return state == State.Connected ? Errno.EISCONN : Errno.EOPNOTSUPP;
        if (peer == null) return Errno.ENOTCONN;
        if ((Shutdowns & Shut.Send) != 0) return Errno.EPIPE;
        int sent = 0;
        bool withFiles = message.Files != null;
        while (sent < message.Data.Length)
        {
            if (PendingError != Errno.None && sent == 0) return TakeError();
            if (peer.IsDead || (peer.Shutdowns & Shut.Receive) != 0 || (Shutdowns & Shut.Send) != 0) return sent > 0 ? IoResult.From(sent) : Errno.EPIPE;
            if (charged >= SendBuffer || (Network.IsFull && peer.queue.Count > 0)) return sent > 0 ? IoResult.From(sent) : WaitForRoom();
            int length = sent == ordinary ? 1 : Math.Min(ordinary - sent, Math.Min((SendBuffer >> 1) - 64, PacketMemory.MostStream));
            Deliver(peer, message.Data.Slice(sent, length), PacketMemory.OfStream(length), message, withFiles, isUrgent: sent == ordinary);
            withFiles = false;
            sent += length;
        }
        return IoResult.From(sent);
    }

    IoResult ReceiveStream(ref IncomingMessage message)
    {
        if (state != State.Connected) return Errno.EINVAL;
        if ((message.Flags & MessageFlags.OutOfBand) != 0) return ReceiveUrgent(ref message);
        bool peek = (message.Flags & MessageFlags.Peek) != 0;
        int copied = 0, skip = peek ? Math.Max(PeekOffset, 0) : 0;
        UnixPacket? first = null;
        var at = queue.First;
        while (at != null && copied < message.Data.Length)
        {
            if (at.Value.Left == 0 || ReferenceEquals(at.Value, urgent))
            {
                at = PassMark(at, peek, hasCopied: copied > 0 || (message.Before > 0 && !peek));
                if (at != null) continue;
                message.IsBoundary = true;
                if (message.Before > 0 && copied == 0) return IoResult.From(0);
                break;
            }
            var packet = at.Value;
            var next = at.Next;
            int from = packet.Consumed, left = packet.Left;
            if (skip > 0)
            {
                int over = Math.Min(skip, left);
                skip -= over;
                from += over;
                left -= over;
                if (left == 0)
                {
                    at = next;
                    continue;
                }
            }
            // Bytes of different senders are not joined when the receiver is told who they are.
            if (first != null && PassCredentials && packet.Credentials != first.Credentials)
            {
                message.IsBoundary = true;
                break;
            }
            int length = Math.Min(left, message.Data.Length - copied);
            packet.Data.AsSpan(from, length).CopyTo(message.Data[copied..]);
            copied += length;
            if (first == null)
            {
                AddAncillary(packet, ref message);
                if (packet.Sender.name.Length != 0) message.From = packet.From;
                first = packet;
            }
            bool hadFiles = packet.Files != null;
            if (hadFiles) message.Files = TakeFiles(packet, peek);
            if (!peek)
            {
                packet.Consumed += length;
                queuedBytes -= length;
                if (packet.Left == 0) Remove(packet);
            }
            if (hadFiles)
            {
                message.IsBoundary = true;
                break;
            }
            at = next;
        }
        if (copied > 0)
        {
            if (PeekOffset >= 0) PeekOffset = peek ? PeekOffset + copied : Math.Max(PeekOffset - copied, 0);
            return IoResult.From(copied);
        }
        if (message.Data.IsEmpty) return Errno.None;
        if (PendingError != Errno.None) return TakeError();
        return (Shutdowns & Shut.Receive) != 0 ? Errno.None : IoResult.Block(Readable);
    }

    /// <inheritdoc/>
    public override IoResult Send(in OutgoingMessage message) => Type switch
    {
        SocketType.Stream => SendStream(message),
        SocketType.SequencedPacket => SendSequenced(message),
        _ => SendDatagram(message),
    };

    /// <inheritdoc/>
    public override IoResult Receive(ref IncomingMessage message) => Type switch
    {
        SocketType.Stream => ReceiveStream(ref message),
        SocketType.SequencedPacket when state != State.Connected => Errno.ENOTCONN,
        _ => ReceiveDatagram(ref message),
    };
}
