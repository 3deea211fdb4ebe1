namespace CheckpointRestart.Core.Kernel.Seccomp;

/// <summary>SECCOMP_MODE_*.</summary>
public enum SeccompMode
{
    Off = 0,
    /// <summary>read(2), write(2), exit(2) and sigreturn(2), nothing else.</summary>
    Strict = 1,
    Filter = 2,
}

/// <summary>A filter that a task has, and those that it had before: all of them are asked.</summary>
/// <param name="program">What decides.</param>
/// <param name="previous">The one before; null for the first. It may be another task's, too.</param>
public sealed partial class SeccompFilter(FilterProgram program, SeccompFilter? previous)
{
    /// <summary>MAX_INSNS_PER_PATH.</summary>
    public const int MostInstructions = 32768;

    const int Overhead = 4;

    /// <summary>What decides.</summary>
    public FilterProgram Program { get; } = program;

    /// <summary>The filter before; null for the first.</summary>
    public SeccompFilter? Previous { get; private set; } = previous;

    /// <summary>Filters from this one back.</summary>
    public int Count { get; private set; } = 1 + (previous?.Count ?? 0);

    /// <summary>What counts against <see cref="MostInstructions"/>: the instructions of all, and some for each.</summary>
    public int Cost { get; private set; } = program.Length + Overhead + (previous?.Cost ?? 0);

    /// <summary>The strictest answer of all filters (seccomp_run_filters).</summary>
    public uint Run(ReadOnlySpan<uint> data)
    {
        const uint action = 0xFFFF0000;
        uint result = SeccompActions.Allow;
        for (var filter = this; filter != null; filter = filter.Previous)
        {
            uint answer = filter.Program.Run(data);
            if ((int)(answer & action) < (int)(result & action)) result = answer;
        }
        return result;
    }

    /// <summary>Whether a filter is this one or one before it; none is before all.</summary>
    public bool IsBased(SeccompFilter? on)
    {
        if (on == null) return true;
        for (var filter = this; filter != null; filter = filter.Previous)
            if (ReferenceEquals(filter, on)) return true;
        return false;
    }
}

/// <summary>SECCOMP_RET_* (linux/seccomp.h).</summary>
internal static class SeccompActions
{
    public const uint KillProcess = 0x80000000, KillThread = 0, Trap = 0x30000, Error = 0x50000, Trace = 0x7FF00000, Log = 0x7FFC0000, Allow = 0x7FFF0000;
}
