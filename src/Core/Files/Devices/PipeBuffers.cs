namespace CheckpointRestart.Core.Files;

/// <summary>What a pipe holds: a ring of slots of up to a page each, as Linux has it (struct pipe_buffer). A slot is free again when all of it was read.</summary>
internal sealed partial class PipeBuffers
{
    /// <summary>Bytes that a slot holds.</summary>
    public const int SlotBytes = 4096;

    struct Slot
    {
        public byte[] Page;
        public int Offset, Length;

        /// <summary>A packet of O_DIRECT: read on its own, never added to.</summary>
        public bool IsPacket;

        /// <summary>A later write may add to it.</summary>
        public bool CanMerge;
    }

    readonly Stack<byte[]> spares = new();
    Slot[] ring = [];
    int first;

    /// <summary>The most slots.</summary>
    public int Limit { get; set; }

    /// <summary>Slots in use.</summary>
    public int Used { get; private set; }

    /// <summary>Bytes in them.</summary>
    public int Count { get; private set; }

    public bool IsFull => Used >= Limit;

    /// <summary>True when the next read takes a packet.</summary>
    public bool IsPacketNext => Used > 0 && ring[first].IsPacket;

    /// <summary>Puts in what there is room for. The part of the call beyond whole pages first joins the last slot when it fits there.</summary>
    public int Put(ReadOnlySpan<byte> from, int tail, bool isPacket, bool canMerge = true)
    {
        int done = 0;
        if (tail > 0 && Used > 0)
        {
            ref var last = ref ring[(first + Used - 1) % ring.Length];
            int end = last.Offset + last.Length;
            if (last.CanMerge && end + tail <= SlotBytes)
            {
                from[..tail].CopyTo(last.Page.AsSpan(end));
                last.Length += tail;
                done = tail;
            }
        }
        Count += done;
        while (done < from.Length && !IsFull)
        {
            int length = Math.Min(from.Length - done, SlotBytes);
            var page = spares.TryPop(out var spare) ? spare : new byte[SlotBytes];
            from.Slice(done, length).CopyTo(page);
            Add(new Slot { Page = page, Length = length, IsPacket = isPacket, CanMerge = canMerge && !isPacket });
            done += length;
        }
        return done;
    }

    /// <summary>Takes bytes out, of one packet at most; what of a packet does not fit is lost.</summary>
    public int Take(Span<byte> to)
    {
        int done = 0;
        while (done < to.Length && Used > 0)
        {
            ref var slot = ref ring[first];
            int length = Math.Min(to.Length - done, slot.Length);
            slot.Page.AsSpan(slot.Offset, length).CopyTo(to[done..]);
            done += length;
            bool isPacket = slot.IsPacket;
            Drop(isPacket ? slot.Length : length);
            if (isPacket) break;
        }
        return done;
    }

    /// <summary>Moves or copies up to <paramref name="most"/> bytes into another pipe, slot by slot (splice(2), tee(2)).</summary>
    public int Pass(PipeBuffers to, int most, bool keep)
    {
        int done = 0;
        for (int index = 0; done < most && index < Used && !to.IsFull;)
        {
            ref var slot = ref ring[(first + index) % ring.Length];
            int length = Math.Min(slot.Length, most - done);
            var page = to.spares.TryPop(out var spare) ? spare : new byte[SlotBytes];
            slot.Page.AsSpan(slot.Offset, length).CopyTo(page);
            // A slot that is shared or was cut is not added to.
            to.Add(new Slot { Page = page, Length = length, IsPacket = slot.IsPacket && length == slot.Length });
            done += length;
            if (keep) index++;
            else Drop(length);
        }
        return done;
    }

    /// <summary>The bytes of the first slot, for looking at; empty when there is none.</summary>
    public ReadOnlySpan<byte> Head => Used == 0 ? default : ring[first].Page.AsSpan(ring[first].Offset, ring[first].Length);

    /// <summary>Takes bytes of the first slot away.</summary>
    public void Drop(int bytes)
    {
        ref var slot = ref ring[first];
        slot.Offset += bytes;
        slot.Length -= bytes;
        Count -= bytes;
        if (slot.Length > 0) return;
        spares.Push(slot.Page);
        slot = default;
        first = (first + 1) % ring.Length;
        Used--;
    }

    /// <summary>A copy of all bytes, the oldest first.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Count];
        int at = 0;
        for (int index = 0; index < Used; index++)
        {
            var slot = ring[(first + index) % ring.Length];
            slot.Page.AsSpan(slot.Offset, slot.Length).CopyTo(bytes.AsSpan(at));
            at += slot.Length;
        }
        return bytes;
    }

    /// <summary>What is in the slots, and how it is divided: that decides how much room there is.</summary>
    public void Describe(IStateDigest digest)
    {
        for (int index = 0; index < Used; index++)
        {
            ref var slot = ref ring[(first + index) % ring.Length];
            digest.Number((long)slot.Offset << 2 | (slot.IsPacket ? 2L : 0) | (slot.CanMerge ? 1L : 0));
            digest.Bytes(slot.Page.AsSpan(slot.Offset, slot.Length));
        }
    }

    public void Clear()
    {
        ring = [];
        spares.Clear();
        first = Used = Count = 0;
    }

    void Add(Slot slot)
    {
        if (Used == ring.Length)
        {
            var larger = new Slot[Math.Max(4, ring.Length * 2)];
            for (int index = 0; index < Used; index++) larger[index] = ring[(first + index) % ring.Length];
            ring = larger;
            first = 0;
        }
        ring[(first + Used) % ring.Length] = slot;
        Used++;
        Count += slot.Length;
    }
}
