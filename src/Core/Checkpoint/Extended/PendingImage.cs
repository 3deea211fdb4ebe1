using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>An image's pages as memory asks for them that does not have them yet. They stay readable though the image be disposed.</summary>
internal sealed class PendingImage : IPendingPages
{
    readonly ImagePages pages;
    readonly string? path;

    /// <param name="image">The image.</param>
    public PendingImage(ExtendedImage image)
    {
        pages = image.Pages;
        path = image.Path;
        pages.Hold();
    }

    /// <inheritdoc/>
    public int Count => pages.Count;

    /// <inheritdoc/>
    public bool IsZero(int page) => pages.IsZero(page);

    /// <inheritdoc/>
    public bool AnyIsZero(int first, int count) => pages.AnyIsZero(first, count);

    /// <inheritdoc/>
    public (int First, int Count) BlockOf(int page) => pages.BlockOf(page);

    /// <inheritdoc/>
    public void Read(int first, ReadOnlySpan<nint> targets)
    {
        try
        {
            pages.ReadBlock(first, targets);
        }
        catch (CheckpointImageException damage)
        {
            throw new LostPagesException($"{Place(first, targets.Length)}: {damage.Message}", damage);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new LostPagesException($"{Place(first, targets.Length)}: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public void Close() => pages.Drop();

    string Place(int first, int count) => $"pages {first} to {first + count - 1} of {(path == null ? "the image" : $"'{path}'")} cannot be read";
}
