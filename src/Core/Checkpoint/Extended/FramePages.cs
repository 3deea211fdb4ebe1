using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>The pages of a checkpoint in memory: frames that it shares with the machine, which copies each before it next writes it.</summary>
internal sealed class FramePages : ImagePages
{
    readonly Lock gate = new();
    readonly MemoryAccount account;
    Frame[]? frames;

    /// <summary>Takes over a reference to each frame.</summary>
    public FramePages(Frame[] frames, MemoryAccount account)
    {
        this.frames = frames;
        this.account = account;
        Count = frames.Length;
        account.AddSnapshot(frames.Length);
    }

    /// <summary>Frames lie outside the GC heap, and a checkpoint that a user forgets must not keep them.</summary>
    ~FramePages() => Dispose(false);

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override void CopyTo(int page, Span<byte> destination)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(frames == null, this);
            frames[page].Bytes.CopyTo(destination);
        }
    }

    /// <summary>A page's frame, with a reference for the caller, who must not write it while there are others.</summary>
    public Frame Share(int page)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(frames == null, this);
            FrameStore.AddReference(frames[page]);
            return frames[page];
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Frame[]? held;
        lock (gate) (held, frames) = (frames, null);
        if (held == null) return;
        foreach (var frame in held) FrameStore.Release(frame);
        account.AddSnapshot(-held.Length);
    }
}
