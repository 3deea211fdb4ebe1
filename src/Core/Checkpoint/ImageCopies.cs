using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Makes several machines from one Extended image share its pages, each until it writes one: <see cref="RestoreOptions.Copies"/>. Dispose it when the last is made;
/// the machines go on. Used by one thread at a time.</summary>
public sealed class ImageCopies : IDisposable
{
    /// <summary>No copy is charged for what all share.</summary>
    readonly MemoryAccount account = new(long.MaxValue);

    /// <param name="checkpoint">A checkpoint in the format Extended.</param>
    public ImageCopies(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Frames = new ImageFrames(checkpoint.Extended ?? throw new ArgumentException("A v5 image's tasks share nothing.", nameof(checkpoint)), account, isForSeveral: true);
    }

    internal ImageFrames Frames { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Frames.Dispose();
        account.Dispose();
    }
}
