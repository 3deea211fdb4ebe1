using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>Nanoseconds as the kernel counts them, and seconds with nanoseconds as guests see them.</summary>
internal static class TimeConversions
{
    public const long Second = 1_000_000_000;

    public static Timespec ToTimespec(long nanoseconds)
    {
        long seconds = Math.DivRem(nanoseconds, Second, out long rest);
        return rest < 0 ? new(seconds - 1, (uint)(rest + Second)) : new(seconds, (uint)rest);
    }

    /// <summary>Saturates far in the future.</summary>
    public static long FromTimespec(long seconds, long nanoseconds) =>
        seconds >= long.MaxValue / Second - 1 ? SystemCallState.Never : seconds * Second + nanoseconds;
}
