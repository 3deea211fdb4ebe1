using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Tracing;

namespace CheckpointRestart.Core.Kernel;

/// <content>Who watches the tasks' system calls.</content>
public sealed partial class Machine
{
    /// <summary>The traces; null while there are none, which is all that a call costs then.</summary>
    internal TraceHub? Traces { get; private set; }

    CallCounts unknown = new();

    /// <summary>System calls that the machine does not have, by number, and how often all tasks made them, ended ones included.</summary>
    public IReadOnlyDictionary<uint, ulong> UnknownCalls => unknown.Counts;

    internal void CountUnknown(uint number) => unknown.Add(number);

    internal void AddTrace(SyscallTrace trace)
    {
        if (!trace.HasEnded) Traces = new TraceHub([.. Traces?.Traces ?? [], trace]);
    }

    internal void RemoveTrace(SyscallTrace trace)
    {
        var left = Traces?.Traces.Where(other => !ReferenceEquals(other, trace)).ToArray() ?? [];
        Traces = left.Length == 0 ? null : new TraceHub(left);
    }

    /// <summary>The name of a call of this machine, a higher floor's included.</summary>
    internal string NameOfCall(uint number) => FindCall(number)?.Name ?? (SyscallNames.Find(number) == null && SyscallTable.Find(number) == null ? $"syscall_0x{number:x}" : SyscallTable.NameOf(number));
}
