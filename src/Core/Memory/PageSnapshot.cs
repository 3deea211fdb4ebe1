namespace CheckpointRestart.Core.Memory;

/// <summary>Pages of an address space at one instant: the frames are shared with it, copy-on-write. May be read and disposed on any thread.</summary>
public sealed class PageSnapshot : IDisposable
{
    readonly uint[] pages;
    readonly MemoryAccount account;
    readonly Lock gate = new();
    Frame[]? frames;

    internal PageSnapshot(uint[] pages, Frame[] frames, MemoryAccount account)
    {
        this.pages = pages;
        this.frames = frames;
        this.account = account;
        account.AddSnapshot(frames.Length);
    }

    /// <summary>Number of pages.</summary>
    public int Count => pages.Length;

    /// <summary>Guest address of a page; ascending with <paramref name="index"/>.</summary>
    public uint AddressOf(int index) => pages[index] << 12;

    /// <summary>Copies a page's 4096 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot was disposed.</exception>
    public void CopyTo(int index, Span<byte> destination)
    {
        // Frames that are given back meanwhile may be another machine's, or no memory at all.
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(frames == null, this);
            frames[index].Bytes.CopyTo(destination);
        }
    }

    /// <summary>Frames come back also from a snapshot that was forgotten.</summary>
    ~PageSnapshot() => Release();

    /// <summary>Gives the frames back.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    void Release()
    {
        Frame[]? held;
        lock (gate) (held, frames) = (frames, null);
        if (held == null) return;
        foreach (var frame in held) FrameStore.Release(frame);
        account.AddSnapshot(-held.Length);
    }
}
