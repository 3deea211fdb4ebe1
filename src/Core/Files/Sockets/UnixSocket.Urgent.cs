namespace CheckpointRestart.Core.Files;

/// <content>The urgent byte of a stream (MSG_OOB): a packet of its own, which leaves a mark in the queue when it is taken ahead of the others.</content>
internal sealed partial class UnixSocket
{
    UnixPacket? urgent;

    /// <inheritdoc/>
    public override bool? IsAtMark
    {
        get
        {
            if (queue.First is not { Value: var first } node) return false;
            return ReferenceEquals(first, urgent) || (!IsPacket && first.Left == 0 && (urgent == null || ReferenceEquals(node.Next?.Value, urgent)));
        }
    }

    IoResult ReceiveUrgent(ref IncomingMessage message)
    {
        if (OobInline || urgent == null) return Errno.EINVAL;
        if (message.Data.IsEmpty) return Errno.EFAULT;
        message.Data[0] = urgent.Data[0];
        message.Result |= MessageFlags.OutOfBand;
        message.IsBoundary = true;
        if ((message.Flags & MessageFlags.Peek) != 0) return IoResult.From(1);
        // Of marks next to each other one is enough.
        if (queue.Find(urgent)?.Previous is { Value: { Left: 0 } mark }) Remove(mark);
        urgent.Consumed = 1;
        urgent = null;
        queuedBytes--;
        return IoResult.From(1);
    }

    /// <summary>A read has come to the urgent byte or to the mark that it left (manage_oob).</summary>
    /// <returns>Where it goes on; null when it ends here.</returns>
    LinkedListNode<UnixPacket>? PassMark(LinkedListNode<UnixPacket> at, bool peek, bool hasCopied)
    {
        var packet = at.Value;
        if (packet.Left == 0)
        {
            if (hasCopied && urgent == null) return null;
            var next = at.Next;
            if (!peek) Discard(packet);
            return next;
        }
        if (hasCopied) return null;
        if (OobInline)
        {
            if (peek) return at;
            urgent = null;
            return at;
        }
        if (peek) return at.Next;
        Discard(packet);
        return queue.First;
    }

    void Discard(UnixPacket packet)
    {
        Remove(packet);
        Drop(packet);
    }
}
