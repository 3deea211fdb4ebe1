using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>The pages of a checkpoint in memory: frames that it shares with the machine, which copies each before it next writes it.</summary>
/// <param name="snapshot">The frames; what it holds goes over to the pages.</param>
internal sealed class FramePages(FrameSnapshot snapshot) : ImagePages
{
    readonly Lock gate = new();
    FrameSnapshot? held = snapshot;
    int readers;
    bool isDisposed;

    /// <summary>Frames lie outside the GC heap, and a checkpoint that a user forgets must not keep them.</summary>
    ~FramePages() => Dispose(false);

    /// <inheritdoc/>
    public override int Count { get; } = snapshot.Count;

    /// <inheritdoc/>
    public override void CopyTo(int page, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)Count, nameof(page));
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            Frame.At(held!.Frames[page]).Bytes.CopyTo(destination);
        }
    }

    /// <summary>The frames themselves; whoever keeps them holds nothing.</summary>
    public FrameSnapshot Snapshot { get; } = snapshot;

    /// <summary>The pages once more, held for themselves.</summary>
    /// <returns>Null when nobody holds them any more.</returns>
    public static FramePages? TryHold(FrameSnapshot snapshot)
    {
        for (int i = 0; i < snapshot.Sets.Length; i++)
        {
            if (snapshot.Sets[i].TryHold()) continue;
            for (int k = 0; k < i; k++) snapshot.Sets[k].Drop();
            return null;
        }
        return new FramePages(snapshot);
    }

    /// <summary>A page's frame, with a reference for the caller, who must not write it while there are others.</summary>
    public Frame Share(int page)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            var frame = Frame.At(held!.Frames[page]);
            FrameStore.AddReference(frame);
            return frame;
        }
    }

    /// <inheritdoc/>
    internal override ReadOnlyMemory<nint> BeginReading()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            readers++;
            return held!.Frames.AsMemory(0, Count);
        }
    }

    /// <inheritdoc/>
    internal override void MakeReady(int page)
    {
        if (PendingFrames.Any) PendingFrames.Fill(Frame.At(held!.Frames[page]));
    }

    /// <inheritdoc/>
    internal override void EndReading()
    {
        lock (gate) readers--;
        Release();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        Release();
    }

    void Release()
    {
        FrameSnapshot? last = null;
        lock (gate)
        {
            // Frames that were given back under whoever reads them may be another machine's, or no memory at all.
            if (isDisposed && readers == 0) (last, held) = (held, null);
        }
        last?.Drop();
    }
}
