namespace CheckpointRestart.Core.Kernel;

/// <summary>How often system calls were made, by number. Copied on change, which is rare, so that other threads may read at any time.</summary>
internal sealed partial class CallCounts
{
    // A guest may make calls of any number.
    const int Limit = 1024;

    static readonly SortedDictionary<uint, ulong> Empty = [];
    volatile SortedDictionary<uint, ulong> counts = Empty;

    /// <summary>The counts as they are now, by number.</summary>
    public IReadOnlyDictionary<uint, ulong> Counts => counts;

    public void Add(uint number, ulong times = 1)
    {
        var copy = new SortedDictionary<uint, ulong>(counts);
        if (copy.Count >= Limit && !copy.ContainsKey(number)) return;
        copy[number] = copy.GetValueOrDefault(number) + times;
        counts = copy;
    }

    public void Add(CallCounts others)
    {
        foreach (var (number, times) in others.counts) Add(number, times);
    }
}
