using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.PS.Runtime;
using KernelTask = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.PS.Objects;

/// <summary>What a task is doing.</summary>
public enum CrTaskState
{
    /// <summary>Runs or waits for its turn.</summary>
    Running,
    /// <summary>Waits in a system call: see WaitReason.</summary>
    Waiting,
    /// <summary>Frozen (Suspend-CrTask).</summary>
    Frozen,
    /// <summary>Stopped by a signal, until SIGCONT.</summary>
    Stopped,
    /// <summary>Has ended.</summary>
    Exited,
    /// <summary>Its machine has ended with an error of its own: see the machine's Failure.</summary>
    Failed,
}

/// <summary>A task of a machine. Its properties show it as it is now.</summary>
public sealed class CrTask
{
    internal CrTask(int id, CrMachine machine, KernelTask task, string? filePath, IReadOnlyList<string> arguments, bool isMain)
    {
        Id = id;
        Machine = machine;
        this.task = task;
        FilePath = filePath;
        ArgumentList = arguments;
        IsMain = isMain;
    }

    /// <summary>A serial number of this PowerShell process.</summary>
    public int Id { get; }

    /// <summary>The task's name (comm).</summary>
    public string Name => Task.Comm;

    /// <summary>The task's pid in the guest.</summary>
    public int ProcessId => Task.Pid;

    /// <summary>The parent's pid in the guest; 0 when there is none.</summary>
    public int ParentProcessId => Task.Parent?.Pid ?? 0;

    /// <summary>The thread group: the pid that getpid gives.</summary>
    public int ThreadGroupId => Task.Tgid;

    /// <summary>The machine that it runs in.</summary>
    public CrMachine Machine { get; }

    /// <summary>Ports of its machine that the host can connect to at 127.0.0.1 (Start-CrTask -PublishPort).</summary>
    public IReadOnlyList<PublishedPort> PublishedPorts => Machine.Kernel.PublishedPorts.ToArray();

    /// <summary>The machine's number.</summary>
    public int MachineId => Machine.Id;

    public CrTaskState State =>
        Task.HasExited ? CrTaskState.Exited
        : Machine.State == MachineState.Failed ? CrTaskState.Failed
        : Machine.State == MachineState.Stopped ? CrTaskState.Exited
        : Task.IsFrozen || Machine.State == MachineState.Frozen ? CrTaskState.Frozen
        : Task.State is TaskState.Stopped or TaskState.Traced ? CrTaskState.Stopped
        : Task.State == TaskState.Sleeping ? CrTaskState.Waiting
        : CrTaskState.Running;

    /// <summary>Why the task's machine has failed, or is frozen and cannot go on; null while nothing is wrong with it.</summary>
    public string? FailureReason => Machine.Failure?.Message;

    /// <summary>What the task waits for, or null.</summary>
    public string? WaitReason
    {
        get
        {
            if (Task.State != TaskState.Sleeping || Task.BlockedCall is not { } call) return null;
            var name = SyscallTable.NameOf(call.Number);
            if (name.StartsWith("write", StringComparison.Ordinal))
            {
                var streams = Machine.Kernel.Streams;
                if (streams.IsFull(StreamKind.Output)) return $"{name}: standard output is full";
                if (streams.IsFull(StreamKind.Error)) return $"{name}: standard error is full";
            }
            return call.Reason is { Length: > 0 } reason && reason != name ? $"{name}: {reason}" : name;
        }
    }

    /// <summary>Instructions that the task has retired.</summary>
    public ulong Instructions => Task.Instructions;

    /// <summary>The exit status, 128 + n after signal n; null while the task lives.</summary>
    public int? ExitCode => Task.HasExited ? Task.ExitCode : null;

    /// <summary>The signal that ended the task, or null.</summary>
    public Signal? ExitSignal => Task.HasExited && (Task.ExitStatus & 0x7f) != 0 ? (Signal)(Task.ExitStatus & 0x7f) : null;

    public bool HasExited => State is CrTaskState.Exited or CrTaskState.Failed;

    /// <summary>System calls that the machine does not have, by number, and how often the task made them; a process counts its ended threads and the children that it has waited for as well.</summary>
    public IReadOnlyDictionary<uint, ulong> UnknownSyscalls
    {
        get
        {
            if (Task.Group.Leader != Task || Task.Group.EndedUnknownCalls.Count == 0) return Task.UnknownCalls;
            var all = new SortedDictionary<uint, ulong>();
            foreach (var (number, times) in Task.UnknownCalls.Concat(Task.Group.EndedUnknownCalls)) all[number] = all.GetValueOrDefault(number) + times;
            return all;
        }
    }

    /// <summary>The sum of <see cref="UnknownSyscalls"/>.</summary>
    public ulong UnknownSyscallCount => UnknownSyscalls.Values.Aggregate(0ul, static (sum, count) => sum + count);

    /// <summary>System calls made.</summary>
    public ulong SyscallCount => Task.SystemCallCount;

    /// <summary>Bytes of memory that are present.</summary>
    public long WorkingSet => Task.AddressSpace is { } memory ? memory.ResidentPages * 4096 : 0;

    /// <summary>Bytes of address space that are mapped.</summary>
    public long VirtualSize => Task.AddressSpace is { } memory ? (long)memory.MappedBytes : 0;

    /// <summary>The program as it was given to Start-CrTask; null for a child.</summary>
    public string? FilePath { get; }

    /// <summary>The program's arguments as they were given.</summary>
    public IReadOnlyList<string> ArgumentList { get; }

    /// <summary>Started or restored by a cmdlet, not by the guest.</summary>
    internal bool IsMain { get; }

    /// <summary>The one that its machine was started or restored with.</summary>
    internal bool IsFirst => ReferenceEquals(Machine.First?.Latest, Task);

    readonly KernelTask task;

    /// <summary>The one that has its pid, should the machine have gone back meanwhile.</summary>
    internal KernelTask Task => task.Latest;

    /// <summary>The host's side of the terminal that the task has, or null.</summary>
    internal HostTerminal? Terminal => Core.Kernel.Machine.FindTerminal(Task);

    /// <summary>True when nothing follows what its output holds now.</summary>
    internal bool HasWrittenAll => HasExited && Terminal is not { IsFull: true };

    /// <summary>What it writes: of a task with a terminal what appears there, else the machine's standard output.</summary>
    internal OutputReader Output => Terminal is { } terminal ? TerminalReaders.GetValue(terminal, static key => new OutputReader(key)) : Machine.Output;

    static readonly ConditionalWeakTable<HostTerminal, OutputReader> TerminalReaders = [];

    /// <summary>Another object for the same task.</summary>
    internal CrTask Copy() => (CrTask)MemberwiseClone();

    /// <summary>As messages name it.</summary>
    internal string Label => $"task {Id} ({GuestText.ForDisplay(Name)})";

    internal Subject Subject => new TaskSubject(this);

    /// <inheritdoc/>
    public override string ToString() => Label;
}
