namespace CheckpointRestart.Core.Image.Extended;

/// <summary>The pages of an Extended image. Thread safe.</summary>
public abstract class ImagePages : IDisposable
{
    /// <summary>An image without pages.</summary>
    public static ImagePages None { get; } = new Nothing();

    /// <summary>How many there are.</summary>
    public abstract int Count { get; }

    /// <summary>How many of them are zero and take no room, as far as that is known.</summary>
    public virtual int ZeroCount { get; internal set; }

    /// <summary>How many of them are the parent image's and take no room, as far as that is known.</summary>
    public virtual int InheritedCount { get; internal set; }

    /// <summary>Copies a page's 4096 bytes.</summary>
    /// <exception cref="CheckpointImageException">The group that it is in is damaged.</exception>
    /// <exception cref="IOException">The image's file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The image was disposed.</exception>
    public abstract void CopyTo(int page, Span<byte> destination);

    /// <summary>Where the pages lie in memory, when they do: they stay there until <see cref="EndReading"/>. Empty when they have to be copied.</summary>
    internal virtual ReadOnlyMemory<nint> BeginReading() => default;

    /// <summary>Ends what <see cref="BeginReading"/> began, whatever it gave.</summary>
    internal virtual void EndReading()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what the pages take.</summary>
    protected abstract void Dispose(bool disposing);

    sealed class Nothing : ImagePages
    {
        public override int Count => 0;

        public override void CopyTo(int page, Span<byte> destination) => throw new ArgumentOutOfRangeException(nameof(page));

        protected override void Dispose(bool disposing)
        {
        }
    }
}
