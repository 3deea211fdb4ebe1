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
        foreach (nint frame in frames.AsSpan(0, Count)) FrameStore.Release(Frame.At(frame));
        account.AddSnapshot(-Count);
    }
}

/// <summary>The frames of one checkpoint by number, and the sets that hold them.</summary>
internal sealed class FrameSnapshot
{
    /// <summary>The frames; there may be room behind the last.</summary>
    internal nint[] Frames { get; set; } = [];

    /// <summary>How many there are.</summary>
    internal int Count { get; set; }

    /// <summary>What holds them, each once; the snapshot is a user of each.</summary>
    internal FrameSet[] Sets { get; set; } = [];

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
