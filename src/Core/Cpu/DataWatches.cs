namespace CheckpointRestart.Core.Cpu;

/// <summary>Which accesses a watchpoint sees.</summary>
public enum WatchKind
{
    Write,
    Read,
    /// <summary>Reading and writing.</summary>
    Access,
}

/// <summary>Memory whose accesses somebody outside wants to see. As for the debug registers its pages have no entries in the look-up tables while it
/// runs, so that only accesses to these are looked at; the debug registers themselves are the guest's.</summary>
internal sealed unsafe class DataWatches
{
    readonly Range[] ranges;

    public readonly record struct Range(uint Start, uint Length, WatchKind Kind);

    public DataWatches(IEnumerable<Range> ranges) => this.ranges = [.. ranges];

    /// <summary>The first access that was seen since the last look.</summary>
    public (Range Range, uint Address)? Hit { get; private set; }

    /// <summary>Forgets it: it is told, or its instruction did not come to its end.</summary>
    public void Forget() => Hit = null;

    /// <summary>Takes the pages out of the tables.</summary>
    public void Hide(CpuState* s)
    {
        foreach (var range in ranges)
        {
            uint last = range.Start + range.Length - 1 >> 12;
            for (uint page = range.Start >> 12; page <= last; page++) s->ReadTable[page] = s->WriteTable[page] = 0;
        }
    }

    /// <summary>Notes an access that one of them covers.</summary>
    public void Check(CpuState* s, uint address, int length, bool write)
    {
        foreach (var range in ranges)
        {
            if (range.Kind == (write ? WatchKind.Read : WatchKind.Write)) continue;
            if (address + (ulong)length <= range.Start || address >= range.Start + (ulong)range.Length) continue;
            Hit ??= (range, Math.Max(address, range.Start));
            s->Event |= CpuEvent.Watch;
        }
    }
}
