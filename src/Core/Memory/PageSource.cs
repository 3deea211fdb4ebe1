namespace CheckpointRestart.Core.Memory;

/// <summary>What stands behind a mapped region that is not private and anonymous: a file's page cache, or shared memory.</summary>
public interface IPageSource
{
    /// <summary>The frame that holds page <paramref name="index"/>, not referenced for the caller; none when the page lies past the end
    /// (then the access is SIGBUS) or could not be read or allocated.</summary>
    Frame GetPage(uint index);

    /// <summary>Told before page <paramref name="index"/> is written through a shared mapping.</summary>
    void PageWritten(uint index);

    /// <summary>Sees to it that a page may be written through shared mappings: one that a checkpoint holds is copied first, and every mapping gets the copy.</summary>
    /// <returns>False without memory.</returns>
    bool TryOwn(uint index);

    /// <summary>A region refers to the source from now on.</summary>
    void Attach();

    /// <summary>A region no longer refers to the source.</summary>
    void Detach();

    /// <summary>The name that /proc/self/maps and checkpoints show: a guest path, or a kernel name such as /dev/zero (deleted).</summary>
    string Name { get; }
}

/// <summary>Memory shared between address spaces and backed by no file: MAP_SHARED with MAP_ANONYMOUS.</summary>
public sealed partial class SharedMemory(MemoryAccount account, uint pages) : IPageSource
{
    readonly Dictionary<uint, Frame> frames = [];
    readonly GivenPages given = new();
    int references;

    /// <inheritdoc/>
    public string Name => "/dev/zero (deleted)";

    /// <summary>Length in pages.</summary>
    public uint Pages { get; } = pages;

    /// <inheritdoc/>
    public Frame GetPage(uint index)
    {
        if (index >= Pages) return default;
        if (frames.TryGetValue(index, out var frame)) return frame;
        frame = FrameStore.Allocate(account);
        if (frame.IsNone) return frame;
        frames.Add(index, frame);
        given.Own(index);
        return frame;
    }

    /// <inheritdoc/>
    public bool TryOwn(uint index) => given.TryOwn(index, frames, account);

    /// <inheritdoc/>
    public void PageWritten(uint index)
    {
    }

    /// <inheritdoc/>
    public void Attach() => references++;

    /// <inheritdoc/>
    public void Detach()
    {
        if (--references != 0) return;
        foreach (var frame in frames.Values) FrameStore.Release(frame);
        frames.Clear();
    }
}
