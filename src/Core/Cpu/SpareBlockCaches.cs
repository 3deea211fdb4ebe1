namespace CheckpointRestart.Core.Cpu;

/// <summary>Keeps a few caches of address spaces that ended for the next ones, so that a fork does not make the collector's work. Used by one thread at a time.</summary>
internal sealed class SpareBlockCaches
{
    const int Most = 2;

    readonly Stack<BlockCache> spare = new(Most);
    bool closed;

    internal BlockCache Take() => spare.TryPop(out var cache) ? cache : new BlockCache(this);

    /// <summary>Takes a cache back.</summary>
    /// <returns>False when it has to end.</returns>
    internal bool PutBack(BlockCache cache)
    {
        if (closed || spare.Count == Most || !cache.IsSmall) return false;
        cache.Empty();
        spare.Push(cache);
        return true;
    }

    /// <summary>Ends all, and keeps none from now on.</summary>
    internal void Close()
    {
        closed = true;
        while (spare.TryPop(out var cache)) cache.Dispose();
    }
}
