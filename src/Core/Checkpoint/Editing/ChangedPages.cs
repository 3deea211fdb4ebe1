using CheckpointRestart.Core.Image.Extended;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>The pages of an image, and new ones behind them. The image stays whose it is.</summary>
internal sealed class ChangedPages(ImagePages original, IReadOnlyList<byte[]> added) : ImagePages
{
    public override int Count => original.Count + added.Count;

    public override void CopyTo(int page, Span<byte> destination)
    {
        if (page < original.Count) original.CopyTo(page, destination);
        else added[page - original.Count].CopyTo(destination);
    }

    internal override bool IsZero(int page) => page < original.Count && original.IsZero(page);

    protected override void Dispose(bool disposing)
    {
    }
}
