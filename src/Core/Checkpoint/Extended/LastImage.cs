using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>The image that a machine was last written to. While its pages are held, what has changed since is told by the frames alone, since a held frame is never written.</summary>
internal sealed class LastImage : IDisposable
{
    readonly FrameSnapshot snapshot;
    readonly FramePages? held;

    /// <param name="identity">The written image's.</param>
    /// <param name="pages">Its pages.</param>
    /// <param name="isHeld">Whether they are kept for the next increment; else only as long as somebody else does.</param>
    public LastImage(ReadOnlyMemory<byte> identity, FramePages pages, bool isHeld)
    {
        Identity = identity;
        snapshot = pages.Snapshot;
        if (isHeld) held = FramePages.TryHold(snapshot);
    }

    /// <summary>Which image it is.</summary>
    public ReadOnlyMemory<byte> Identity { get; }

    /// <summary>Its pages, for the caller to dispose; null when they are gone.</summary>
    public FramePages? TryGet() => FramePages.TryHold(snapshot);

    /// <inheritdoc/>
    public void Dispose() => held?.Dispose();
}
