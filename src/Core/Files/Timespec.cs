namespace CheckpointRestart.Core.Files;

/// <summary>A time as the kernel has it: seconds since 1970-01-01 UTC and 0 to 999,999,999 nanoseconds.</summary>
public readonly record struct Timespec(long Seconds, uint Nanoseconds) : IComparable<Timespec>
{
    /// <inheritdoc/>
    public int CompareTo(Timespec other)
    {
        int order = Seconds.CompareTo(other.Seconds);
        return order != 0 ? order : Nanoseconds.CompareTo(other.Nanoseconds);
    }
}
