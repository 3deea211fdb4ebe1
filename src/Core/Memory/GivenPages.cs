namespace CheckpointRestart.Core.Memory;

/// <summary>Which pages of shared memory are nobody else's since a checkpoint was given all of them.</summary>
sealed class GivenPages
{
    HashSet<uint>? own;

    /// <summary>True for a page that may be written: no checkpoint was given it.</summary>
    internal bool Has(uint index) => own == null || own.Contains(index);

    /// <summary>A page is nobody else's.</summary>
    internal void Own(uint index) => own?.Add(index);

    /// <summary>A checkpoint is given all pages that there are.</summary>
    internal void Give()
    {
        if (own == null) own = [];
        else own.Clear();
    }
}
