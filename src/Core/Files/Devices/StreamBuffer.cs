namespace CheckpointRestart.Core.Files;

/// <summary>A bounded queue of bytes between the machine's thread and the host's. All members are thread safe.</summary>
internal sealed partial class StreamBuffer(int limit)
{
    readonly object gate = new();
    byte[] buffer = [];
    int start;
    int count;
    long bytesIn;
    bool isEnded;
    bool isWriterWaiting;
    bool isHeld;

    /// <summary>Bytes in it.</summary>
    public int Count
    {
        get { lock (gate) return count; }
    }

    /// <summary>Bytes that ever went in.</summary>
    public long BytesIn
    {
        get { lock (gate) return bytesIn; }
    }

    /// <summary>Bytes that ever came out.</summary>
    public long BytesOut
    {
        get { lock (gate) return bytesIn - count; }
    }

    public bool IsEnded
    {
        get { lock (gate) return isEnded; }
    }

    /// <summary>True from a write that found no room until <see cref="TryStopWaiting"/> or <see cref="StopWaiting"/>.</summary>
    public bool IsWriterWaiting
    {
        get { lock (gate) return isWriterWaiting; }
    }

    /// <summary>Puts in what there is room for.</summary>
    /// <returns>Bytes put in; 0 when it is full or ended. With <paramref name="waits"/>, a write without room is remembered.</returns>
    public int Write(ReadOnlySpan<byte> from, bool waits = false)
    {
        lock (gate)
        {
            if (isEnded) return 0;
            int length = Math.Min(from.Length, limit - count);
            if (length == 0)
            {
                isWriterWaiting |= waits;
                return 0;
            }
            if (buffer.Length < count + length) Grow(count + length);
            int end = (int)(((long)start + count) % buffer.Length);
            int first = Math.Min(length, buffer.Length - end);
            from[..first].CopyTo(buffer.AsSpan(end));
            from[first..length].CopyTo(buffer);
            count += length;
            bytesIn += length;
            Monitor.PulseAll(gate);
            return length;
        }
    }

    /// <summary>Takes up to as many bytes as the span holds.</summary>
    public int Read(Span<byte> to)
    {
        lock (gate)
        {
            int length = isHeld ? 0 : Math.Min(to.Length, count);
            if (length == 0) return 0;
            Copy(to[..length]);
            start = (int)(((long)start + length) % buffer.Length);
            Took(length);
            return length;
        }
    }

    public byte[] TakeAll()
    {
        lock (gate)
        {
            if (isHeld) return [];
            var bytes = Peek();
            Took(bytes.Length);
            return bytes;
        }
    }

    /// <summary>While it is held nothing is taken out of it, by whoever asks.</summary>
    public void Hold(bool holds)
    {
        lock (gate)
        {
            isHeld = holds;
            Monitor.PulseAll(gate);
        }
    }

    public byte[] Peek()
    {
        lock (gate)
        {
            var bytes = new byte[count];
            Copy(bytes);
            return bytes;
        }
    }

    /// <summary>Counts bytes that passed in another machine.</summary>
    public void Skip(long bytes)
    {
        lock (gate) bytesIn += Math.Max(0, bytes);
    }

    public void End()
    {
        lock (gate)
        {
            isEnded = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Forgets that a writer waits, when there is room for it.</summary>
    public bool TryStopWaiting()
    {
        lock (gate)
        {
            if (!isWriterWaiting || count == limit) return false;
            isWriterWaiting = false;
            return true;
        }
    }

    /// <summary>Forgets that a writer waits: it has nothing left to write.</summary>
    public void StopWaiting()
    {
        lock (gate) isWriterWaiting = false;
    }

    public bool WaitForData(TimeSpan timeout, CancellationToken token)
    {
        lock (gate)
        {
            WaitUntil(() => count > 0 && !isHeld || isEnded, timeout, token);
            return count > 0 && !isHeld;
        }
    }

    public int WaitForRoom(TimeSpan timeout, CancellationToken token)
    {
        lock (gate)
        {
            WaitUntil(() => count < limit || isEnded, timeout, token);
            return isEnded ? 0 : limit - count;
        }
    }

    void WaitUntil(Func<bool> condition, TimeSpan timeout, CancellationToken token)
    {
        if (condition() || timeout == TimeSpan.Zero) return;
        long? deadline = timeout == Timeout.InfiniteTimeSpan ? null : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        var registration = token.Register(() =>
        {
            lock (gate) Monitor.PulseAll(gate);
        });
        try
        {
            while (!condition())
            {
                token.ThrowIfCancellationRequested();
                long left = deadline is long end ? end - Environment.TickCount64 : int.MaxValue;
                if (left <= 0) return;
                Monitor.Wait(gate, (int)Math.Min(left, int.MaxValue));
            }
        }
        finally
        {
            // Not disposed: that would wait for the callback, which waits for the gate that is held here.
            registration.Unregister();
        }
    }

    void Took(int length)
    {
        count -= length;
        if (count == 0)
        {
            start = 0;
            if (buffer.Length > 1 << 20) buffer = [];
        }
        Monitor.PulseAll(gate);
    }

    void Copy(Span<byte> to)
    {
        int first = Math.Min(to.Length, buffer.Length - start);
        buffer.AsSpan(start, first).CopyTo(to);
        buffer.AsSpan(0, to.Length - first).CopyTo(to[first..]);
    }

    void Grow(int needed)
    {
        var larger = new byte[(int)Math.Min(limit, Math.Max(4096, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed)))];
        Copy(larger.AsSpan(0, count));
        buffer = larger;
        start = 0;
    }
}
