using CheckpointRestart.Core;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Tracing;

namespace CheckpointRestart.PS.Objects;

/// <summary>One line of a trace: a system call, a signal, or the end of a task.</summary>
public sealed class CrSyscall
{
    readonly TraceEntry entry;

    internal CrSyscall(TraceEntry entry, int machineId, int? taskId)
    {
        this.entry = entry;
        MachineId = machineId;
        CrTaskId = taskId;
    }

    /// <summary>Call, Signal or Exit.</summary>
    public TraceEntryKind Kind => entry.Kind;

    /// <summary>The task's pid in the guest.</summary>
    public int ProcessId => entry.Pid;

    /// <summary>The task's name at that time.</summary>
    public string TaskName => entry.Command;

    /// <summary>The machine's number.</summary>
    public int MachineId { get; }

    /// <summary>The task's Id, by which it binds to other cmdlets; null once it is forgotten.</summary>
    public int? CrTaskId { get; }

    /// <summary>The i386 number of the call.</summary>
    public uint Number => entry.Number;

    /// <summary>The call's name, or the signal's.</summary>
    public string Name => entry.Name;

    /// <summary>The arguments: name, kind, word, value and text of each.</summary>
    public IReadOnlyList<TraceArgument> Arguments => entry.Arguments;

    /// <summary>What EAX became; null for a call that did not return.</summary>
    public int? Result => entry.Result;

    /// <summary>The errno of a call that failed, or null.</summary>
    public Errno? Errno => entry.Errno;

    /// <summary>Why the call goes back to its beginning when a signal came; null otherwise.</summary>
    public string? Restart => entry.Restart;

    /// <summary>The machine's count of instructions at entry.</summary>
    public ulong Instruction => entry.Instruction;

    /// <summary>Instructions that the machine retired while the call lasted; 0 when the task did not wait.</summary>
    public ulong Duration => entry.Duration;

    /// <summary>True when the task was in the call already as the trace began.</summary>
    public bool IsResumed => entry.IsResumed;

    /// <summary>True when the task was still in the call as the trace ended.</summary>
    public bool IsUnfinished => entry.IsUnfinished;

    /// <summary>The signal that was delivered, or that ended the task.</summary>
    public Signal? Signal => entry.Signal;

    /// <summary>The status as wait(2) encodes it, for the end of a task.</summary>
    public int? ExitStatus => entry.ExitStatus;

    /// <summary>The line in strace's notation.</summary>
    public string Text => entry.ToString();

    /// <inheritdoc/>
    public override string ToString() => Text;
}
