using System.Diagnostics;

namespace CheckpointRestart.Core.Kernel;

/// <summary>What drives a machine's time.</summary>
public enum ClockKind
{
    /// <summary>The host's clock.</summary>
    Real,
    /// <summary>The instructions retired: one nanosecond each, and jumps over idle time.</summary>
    Virtual,
}

/// <summary>The time of one machine, in nanoseconds.</summary>
public sealed partial class Clock
{
    /// <summary>Realtime of a virtual clock at its start: 2023-11-14 22:13:20 UTC.</summary>
    public const long VirtualEpoch = 1_700_000_000L * 1_000_000_000L;

    readonly Func<ulong> instructions;
    readonly long startStamp = Stopwatch.GetTimestamp();

    internal Clock(ClockKind kind, Func<ulong> instructions)
    {
        Kind = kind;
        this.instructions = instructions;
        RealtimeOffset = kind == ClockKind.Virtual ? VirtualEpoch : (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
    }

    /// <summary>The kind.</summary>
    public ClockKind Kind { get; }

    /// <summary>Nanoseconds by which time is ahead of the instruction count (Virtual) or of the host's clock since the machine's start (Real).</summary>
    public long Skipped { get; internal set; }

    /// <summary>Realtime minus monotonic time: clock_settime(2) changes it.</summary>
    public long RealtimeOffset { get; internal set; }

    /// <summary>CLOCK_MONOTONIC: nanoseconds since the machine's boot.</summary>
    public long Now => Skipped + (Kind == ClockKind.Virtual ? (long)instructions() : HostElapsed);

    /// <summary>CLOCK_REALTIME: nanoseconds since 1970.</summary>
    public long Realtime => Now + RealtimeOffset;

    /// <summary>Host nanoseconds since the clock was made.</summary>
    internal long HostElapsed => (long)((Stopwatch.GetTimestamp() - startStamp) * (1_000_000_000.0 / Stopwatch.Frequency));
}
