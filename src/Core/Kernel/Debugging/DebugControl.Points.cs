using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Debugging;

/// <content>Breakpoints and watchpoints.</content>
public sealed partial class DebugControl
{
    /// <summary>The most of each: what a client sets is untrusted.</summary>
    const int MostPoints = 4096, MostWatches = 64;

    /// <summary>The most bytes of one watchpoint.</summary>
    const uint LongestWatch = 4096;

    readonly HashSet<uint> breakpoints = [];
    readonly List<DataWatches.Range> watches = [];
    readonly Dictionary<DataWatches.Range, byte[]> values = [];
    readonly byte[] value = new byte[LongestWatch];

    internal StopPoints? Stops { get; private set; }

    internal DataWatches? Watches { get; private set; }

    /// <summary>Sets or clears a breakpoint: the process stops in front of the instruction. Setting it twice is setting it once.</summary>
    /// <returns>False when there are too many.</returns>
    public bool SetBreakpoint(uint address, bool isSet) => machine.Execute(_ =>
    {
        if (isSet && breakpoints.Count >= MostPoints) return false;
        if (isSet) breakpoints.Add(address);
        else breakpoints.Remove(address);
        Stops = breakpoints.Count == 0 ? null : new StopPoints(breakpoints);
        return true;
    });

    /// <summary>Sets or clears a watchpoint: the process stops behind the instruction that touches it.</summary>
    /// <returns>False when there are too many, or it has no bytes, too many, or leaves the guest's memory.</returns>
    public bool SetWatchpoint(uint address, uint length, WatchKind kind, bool isSet) => machine.Execute(_ =>
    {
        if (length is 0 or > LongestWatch || address + (ulong)length > AddressSpace.UserEnd) return false;
        var range = new DataWatches.Range(address, length, kind);
        if (!isSet) watches.Remove(range);
        else if (watches.Count >= MostWatches) return false;
        else if (!watches.Contains(range)) watches.Add(range);
        Watches = watches.Count == 0 ? null : new DataWatches(watches);
        return true;
    });

    /// <summary>A thread's instruction has touched watched memory.</summary>
    internal void Touched(Task thread)
    {
        if (Watches?.Hit is not { } hit) return;
        Watches.Forget();
        if (stop == null) Halt(new DebugStop(DebugStopKind.Watchpoint, thread.Pid) { Address = hit.Range.Start, Watch = hit.Range.Kind });
    }

    void ClearPoints()
    {
        breakpoints.Clear();
        watches.Clear();
        values.Clear();
        (Stops, Watches) = (null, null);
    }

    /// <summary>What the kernel writes, and other processes in shared memory, makes no access that the processor sees: the values tell.</summary>
    void RememberValues()
    {
        values.Clear();
        foreach (var range in watches)
            if (range.Kind != WatchKind.Read) values[range] = ValueOf(range).ToArray();
    }

    /// <summary>What is there now, until the next look.</summary>
    ReadOnlySpan<byte> ValueOf(DataWatches.Range range) =>
        group.Threads.Count > 0 && group.Threads[0].AddressSpace is { } memory ? value.AsSpan(0, memory.Peek(range.Start, value.AsSpan(0, (int)range.Length))) : [];

    DebugStop? FindChange()
    {
        foreach (var (range, before) in values)
        {
            if (ValueOf(range).SequenceEqual(before)) continue;
            return new DebugStop(DebugStopKind.Watchpoint, PauseThread()) { Address = range.Start, Watch = range.Kind };
        }
        return null;
    }
}
