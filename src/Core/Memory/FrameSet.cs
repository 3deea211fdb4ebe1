namespace CheckpointRestart.Core.Memory;

/// <summary>Frames that checkpoints hold together, one reference each, until the last of them lets go. Thread safe.</summary>
internal sealed class FrameSet
{
    readonly MemoryAccount account;
    readonly nint[] frames;
    int users = 1;

    /// <summary>Takes over a reference to each of the first <paramref name="count"/> frames; the set has one user.</summary>
    internal FrameSet(nint[] frames, int count, MemoryAccount account)
    {
        this.frames = frames;
        this.account = account;
        Count = count;
        account.AddSnapshot(count);
    }

    /// <summary>How many there are.</summary>
    internal int Count { get; }

    /// <summary>One more user, unless the last has gone.</summary>
    internal bool TryHold()
    {
        for (int seen = Volatile.Read(ref users); seen > 0;)
        {
            int now = Interlocked.CompareExchange(ref users, seen + 1, seen);
            if (now == seen) return true;
            seen = now;
        }
        return false;
    }

    /// <summary>A user goes.</summary>
    internal void Drop()
    {
        if (Interlocked.Decrement(ref users) != 0) return;
        FrameStore.Release(frames.AsSpan(0, Count));
        account.AddSnapshot(-Count);
    }
}

/// <summary>The frames of one checkpoint by number, and the sets that hold them.</summary>
/// <remarks>Of a checkpoint that differs little from an earlier one, the list of its frames is put together when it is asked for: the machine does not wait for that.</remarks>
internal sealed class FrameSnapshot
{
    readonly Lock gate = new();
    nint[]? frames = [];
    FrameParts? pending;

    /// <summary>The frames; there may be room behind the last. Any thread.</summary>
    internal nint[] Frames => Volatile.Read(ref frames) ?? Join();

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>What holds them, each once; the snapshot is a user of each.</summary>
    internal FrameSet[] Sets { get; set; } = [];

    /// <summary>One of the frames; nobody is waited for.</summary>
    internal nint FrameAt(int number) => Volatile.Read(ref pending) is { } parts ? parts.At(number) : frames![number];

    /// <summary>Takes what was collected.</summary>
    internal void Fill(int count, FrameParts parts)
    {
        Count = count;
        if (parts.OwnAlone is { } all)
        {
            frames = all;
            return;
        }
        frames = null;
        pending = parts;
        ThreadPool.UnsafeQueueUserWorkItem(static snapshot => snapshot.Join(), this, preferLocal: false);
    }

    nint[] Join()
    {
        lock (gate)
        {
            if (frames != null) return frames;
            var joined = pending!.Join(Count);
            Volatile.Write(ref frames, joined);
            Volatile.Write(ref pending, null);
            return joined;
        }
    }

    /// <summary>Lets go of the sets.</summary>
    internal void Drop()
    {
        foreach (var set in Sets) set.Drop();
    }
}

/// <summary>Pages that follow each other in an address space and among a checkpoint's frames, in the same state.</summary>
internal readonly record struct FrameRun(uint First, uint Count, uint Number, uint State)
{
    /// <summary>One past the last page.</summary>
    internal uint End => First + Count;
}
