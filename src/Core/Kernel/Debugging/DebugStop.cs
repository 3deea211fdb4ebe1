using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Kernel.Debugging;

/// <summary>Why a debugged process stands still.</summary>
public enum DebugStopKind
{
    /// <summary>The debugger asked for it, or has just come.</summary>
    Paused,
    /// <summary>A thread has made its step.</summary>
    Stepped,
    /// <summary>A thread is in front of a breakpoint's instruction.</summary>
    Breakpoint,
    /// <summary>A thread has touched watched memory; or the kernel, or another process, has changed it.</summary>
    Watchpoint,
    /// <summary>A signal is about to be delivered.</summary>
    Signal,
    /// <summary>The process is another program now (execve), in front of its first instruction.</summary>
    Executed,
    /// <summary>The process has ended.</summary>
    Exited,
    /// <summary>Its machine went back to an earlier state, or ended.</summary>
    Gone,
}

/// <summary>A process stands still.</summary>
/// <param name="Kind">Why.</param>
/// <param name="ThreadId">The thread that is concerned.</param>
public sealed record DebugStop(DebugStopKind Kind, int ThreadId)
{
    /// <summary>The signal of <see cref="DebugStopKind.Signal"/>.</summary>
    public Signal Signal { get; init; }

    /// <summary>The watched address that was touched.</summary>
    public uint Address { get; init; }

    /// <summary>What the watchpoint looks for.</summary>
    public WatchKind Watch { get; init; }

    /// <summary>The status of a process that has ended, as wait(2) encodes it.</summary>
    public int Status { get; init; }

    /// <summary>The program of <see cref="DebugStopKind.Executed"/>, as a guest path.</summary>
    public string Path { get; init; } = "";
}

/// <summary>How one thread goes on.</summary>
/// <param name="ThreadId">Which; 0 for all that no other order names.</param>
/// <param name="Signal">The signal that it gets: the one that it was stopped for, or a new one; None takes away the one that it was stopped for.</param>
/// <param name="IsStep">By one instruction, or as long as it stays in a range.</param>
/// <param name="RangeStart">First address of the range.</param>
/// <param name="RangeEnd">Its end, exclusive; not beyond the start when there is none.</param>
public readonly record struct DebugOrder(int ThreadId, Signal Signal = Signal.None, bool IsStep = false, uint RangeStart = 0, uint RangeEnd = 0);

/// <summary>The process has a debugger already.</summary>
public sealed class DebuggerPresentException(string message) : Exception(message);
