namespace CheckpointRestart.Core.Memory;

/// <summary>Which pages of shared memory are nobody else's since a checkpoint was given all of them.</summary>
sealed class GivenPages
{
    HashSet<uint>? own;

    /// <summary>True for a page that may be written: no checkpoint was given it.</summary>
    internal bool Has(uint index) => own == null || own.Contains(index);

    /// <summary>A page is nobody else's.</summary>
    internal void Own(uint index) => own?.Add(index);

    /// <summary>Makes a page that is there nobody else's.</summary>
    /// <returns>False when there is no frame for it.</returns>
    internal bool TryOwn(uint index, IDictionary<uint, Frame> frames, MemoryAccount account)
    {
        if (Has(index) || !frames.TryGetValue(index, out var frame)) return true;
        if (!account.TryOwn(index, ref frame)) return false;
        frames[index] = frame;
        Own(index);
        return true;
    }

    /// <summary>A checkpoint is given all pages that there are.</summary>
    internal void Give()
    {
        if (own == null) own = [];
        else own.Clear();
    }
}
