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

    /// <summary>Copies pages that follow each other, as many as <paramref name="destination"/> has room for: a multiple of 4096 bytes.</summary>
    /// <exception cref="CheckpointImageException">A group that they are in is damaged.</exception>
    /// <exception cref="IOException">The image's file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The image was disposed.</exception>
    public virtual void CopyRun(int first, Span<byte> destination)
    {
        for (; !destination.IsEmpty; destination = destination[ExtendedLimits.PageSize..]) CopyTo(first++, destination);
    }

    /// <summary>True when pages lie in a file that stays open, so that they can be read when they are needed, or in memory and <see cref="LetWait"/> was called.</summary>
    internal virtual bool CanWait => false;

    /// <summary>Lets pages that lie in memory be taken from there when they are needed. They take that memory until all have been.</summary>
    internal virtual void LetWait()
    {
    }

    /// <summary>True for a page that is known to be zero.</summary>
    internal virtual bool IsZero(int page) => false;

    /// <summary>False when none of the pages is known to be zero.</summary>
    internal virtual bool AnyIsZero(int first, int count) => false;

    /// <summary>The pages that are read and checked together with a page, itself among them; at most <see cref="ExtendedLimits.GroupPages"/>.</summary>
    internal virtual (int First, int Count) BlockOf(int page)
    {
        int first = page / ExtendedLimits.GroupPages * ExtendedLimits.GroupPages;
        return (first, Math.Min(ExtendedLimits.GroupPages, Count - first));
    }

    /// <summary>Reads pages of such a block to where they go: 4096 bytes each, 0 for one that nobody wants. All of what is stored of the block is checked.</summary>
    /// <exception cref="CheckpointImageException">The group that they are in is damaged: what was written is void.</exception>
    /// <exception cref="IOException">The image's file cannot be read.</exception>
    internal virtual unsafe void ReadBlock(int first, ReadOnlySpan<nint> targets)
    {
        for (int i = 0; i < targets.Length; i++)
            if (targets[i] != 0) CopyTo(first + i, new Span<byte>((void*)targets[i], ExtendedLimits.PageSize));
    }

    /// <summary>Keeps the pages readable by <see cref="ReadBlock"/> until <see cref="Drop"/>, though the image be disposed.</summary>
    internal virtual void Hold()
    {
    }

    /// <summary>Ends what <see cref="Hold"/> began.</summary>
    internal virtual void Drop()
    {
    }

    /// <summary>Before a page is read where <see cref="BeginReading"/> says: sees to it that its contents are there. Any thread.</summary>
    internal virtual void MakeReady(int page)
    {
    }

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
