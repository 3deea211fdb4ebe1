using CheckpointRestart.Core.Image.Protection;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>How a checkpoint is written to a file.</summary>
public sealed record WriteOptions
{
    /// <summary>Whether an existing file may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Extended: an earlier image in a file, of which only what has changed since is written anew; null for a whole image.
    /// The machine then keeps the pages of what is written until the next image, so that the next increment need not compare them.</summary>
    public Checkpoint? Parent { get; init; }

    /// <summary>Who can open it, and who signs it; null for an image as it is.</summary>
    public ImageProtection? Protection { get; init; }
}
