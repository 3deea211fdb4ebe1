using CheckpointRestart.Core.Checkpoint.Measuring;

namespace CheckpointRestart.PS.Objects;

/// <summary>A part of an image and what it takes.</summary>
public sealed class CrCheckpointShare
{
    readonly ImageShare share;

    internal CrCheckpointShare(ImageShare share, long all, string source)
    {
        this.share = share;
        Percent = all == 0 ? 0 : Math.Round(100.0 * share.Bytes / all, 1);
        Source = source;
    }

    /// <summary>What the bytes belong to: a kind of object, a task, or a region.</summary>
    public string Name => share.Name;

    /// <summary>Objects.</summary>
    public long Objects => share.Objects;

    /// <summary>Bytes of objects, and of pages that are not zero.</summary>
    public long Size => share.Bytes;

    /// <summary>Its share of all such bytes of the image.</summary>
    public double Percent { get; }

    /// <summary>Pages of 4096 bytes.</summary>
    public long Pages => share.Pages;

    /// <summary>Pages that are all zero.</summary>
    public long ZeroPages => share.ZeroPages;

    /// <summary>Pages that are equal to an earlier one.</summary>
    public long DuplicatePages => share.DuplicatePages;

    /// <summary>Bytes that the pages become when they are packed.</summary>
    public long PackedSize => share.PackedBytes;

    /// <summary>The image.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Size} bytes";
}
