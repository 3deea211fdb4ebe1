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
/// <remarks>Of a checkpoint that differs little from an earlier one, the list of its frames is put together when it is asked for: the machine does not wait for that.</remarks>
internal sealed class FrameSnapshot
{
    readonly Lock gate = new();
    nint[]? frames = [];
    nint[] fresh = [];
    List<FramePart> parts = [];
    List<(int Number, nint Frame)> replaced = [];

    /// <summary>The frames; there may be room behind the last. Any thread.</summary>
    internal nint[] Frames => Volatile.Read(ref frames) ?? Join();

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>What holds them, each once; the snapshot is a user of each.</summary>
    internal FrameSet[] Sets { get; set; } = [];

    /// <summary>Takes what was collected.</summary>
    /// <param name="number">How many frames there are.</param>
    /// <param name="own">Frames of the checkpoint's own.</param>
    /// <param name="from">What the numbers stand for, in turn.</param>
    /// <param name="changes">Frames in the place of some of them.</param>
    internal void Fill(int number, nint[] own, List<FramePart> from, List<(int Number, nint Frame)> changes)
    {
        Count = number;
        if (from.TrueForAll(static part => part.Frames == null) && changes.Count == 0)
        {
            frames = own;
            return;
        }
        (fresh, parts, replaced) = (own, from, changes);
        Volatile.Write(ref frames, null);
        ThreadPool.UnsafeQueueUserWorkItem(static snapshot => snapshot.Join(), this, preferLocal: false);
    }

    nint[] Join()
    {
        lock (gate)
        {
            if (frames != null) return frames;
            var joined = GC.AllocateUninitializedArray<nint>(Count);
            int at = 0;
            foreach (var part in parts)
            {
                (part.Frames ?? fresh).AsSpan(part.Start, part.Count).CopyTo(joined.AsSpan(at));
                at += part.Count;
            }
            foreach (var (number, frame) in replaced) joined[number] = frame;
            (fresh, parts, replaced) = ([], [], []);
            Volatile.Write(ref frames, joined);
            return joined;
        }
    }

    /// <summary>Lets go of the sets.</summary>
    internal void Drop()
    {
        foreach (var set in Sets) set.Drop();
    }
}

/// <summary>Frames that have numbers in a row: of an earlier checkpoint's list, or, where that is null, of the checkpoint's own.</summary>
internal readonly record struct FramePart(nint[]? Frames, int Start, int Count);

/// <summary>Pages that follow each other in an address space and among a checkpoint's frames, in the same state.</summary>
internal readonly record struct FrameRun(uint First, uint Count, uint Number, uint State)
{
    /// <summary>One past the last page.</summary>
    internal uint End => First + Count;
}
