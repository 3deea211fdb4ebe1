using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Seccomp;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A task: one thread of execution with its registers and references to what it shares with others (Linux: task_struct).</summary>
/// <remarks>Changed on its machine's thread alone; the simple properties may be read from any thread.</remarks>
public sealed partial class Task : IWaiter
{
    /// <summary>Bytes of a task's name, the NUL included.</summary>
    public const int CommLength = 16;

    /// <summary>Nanoseconds.</summary>
    public const uint DefaultTimerSlack = 50_000;

    readonly byte[] comm = new byte[CommLength];
    string commText = "";

    internal Task(Machine machine, int pid, ThreadGroup group)
    {
        Machine = machine;
        Pid = pid;
        Group = group;
        Pending = new PendingSignals(machine);
        SleepTimer = new() { Owner = this, Expired = _ => Wake() };
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>The task's own id (gettid).</summary>
    public int Pid { get; internal set; }

    /// <summary>The process id (getpid).</summary>
    public int Tgid => Group.Id;

    /// <summary>The process.</summary>
    public ThreadGroup Group { get; }

    /// <summary>The parent process's first task; null for init.</summary>
    public Task? Parent => Group.Parent?.Leader;

    /// <summary>What it is doing.</summary>
    public TaskState State { get; internal set; }

    /// <summary>True while frozen from outside, alone or with its machine. Any thread.</summary>
    public bool IsFrozen => IsHeld || Machine.IsFrozen;

    /// <summary>True while this task is frozen: not scheduled, and its timers wait.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>True once the task has ended.</summary>
    public bool HasExited => State is TaskState.Zombie or TaskState.Dead;

    /// <summary>The status as wait(2) encodes it, once the task has ended.</summary>
    public int ExitStatus { get; internal set; }

    /// <summary>The exit code, or 128 + n after signal n.</summary>
    public int ExitCode => (ExitStatus & 0x7F) == 0 ? ExitStatus >> 8 & 0xFF : 128 + (ExitStatus & 0x7F);

    /// <summary>Registers; null for init and once the task has ended.</summary>
    public Registers? Registers { get; internal set; }

    /// <summary>Memory; null for init and once the task has ended.</summary>
    public AddressSpace? AddressSpace { get; internal set; }

    /// <summary>Descriptors; null once the task has ended.</summary>
    public DescriptorTable? Files { get; internal set; }

    /// <summary>Root, working directory, umask.</summary>
    public FileSystemContext? FileSystem { get; internal set; }

    /// <summary>Ids.</summary>
    public Credentials Credentials { get; internal set; } = new();

    /// <summary>The system call that it is in; see <see cref="SystemCallState.IsActive"/>.</summary>
    public SystemCallState Call { get; } = new();

    /// <summary>The call in which the task waits, or null when it is in user mode.</summary>
    public SystemCallState? BlockedCall => Call.IsActive ? Call : null;

    /// <summary>orig_ax of pt_regs: the number of the call that it is in or that its tracer has seen end, or 0xFFFFFFFF in user mode.</summary>
    public uint OrigEax => Call.IsActive ? Call.Number : Call.Ended;

    /// <summary>Instructions that the task has retired.</summary>
    public ulong Instructions { get; internal set; }

    /// <summary>System calls that the machine does not have, by number, and how often the task made them.</summary>
    public IReadOnlyDictionary<uint, ulong> UnknownCalls => Unknown.Counts;

    internal CallCounts Unknown { get; } = new();

    /// <summary>System calls made.</summary>
    public ulong SystemCallCount { get; internal set; }

    /// <summary>Page faults taken by the kernel on behalf of the task.</summary>
    public ulong ContextSwitches { get; internal set; }

    /// <summary>The name, at most 15 bytes, as text.</summary>
    public string Comm => commText;

    /// <summary>The 16 bytes of the name, padded with NUL.</summary>
    public ReadOnlySpan<byte> CommBytes => comm;

    /// <summary>The address that is cleared and woken when the task ends (set_tid_address).</summary>
    public uint ClearChildTid { get; internal set; }

    /// <summary>Head of the robust futex list, and its length.</summary>
    public (uint Head, uint Length) RobustList { get; internal set; }

    /// <summary>rseq(2).</summary>
    public RestartableSequence Sequence { get; internal set; }

    /// <summary>Others have run since the task was last in user mode.</summary>
    internal bool HasLostProcessor { get; set; }

    /// <summary>PR_SET_TIMERSLACK, nanoseconds.</summary>
    public uint TimerSlack { get; internal set; } = DefaultTimerSlack;

    /// <summary>Policy and priority (sched_setattr(2)): kept, and without effect on whose turn it is.</summary>
    public SchedulingPolicy Scheduling { get; internal set; }

    /// <summary>The priority of input and output (ioprio_set(2)): kept, and without effect.</summary>
    public uint IoPriority { get; internal set; }

    /// <summary>PR_SET_PDEATHSIG.</summary>
    public Signal ParentDeathSignal { get; internal set; }

    /// <summary>Personality (personality(2)).</summary>
    public uint Personality { get; internal set; }

    /// <summary>What system calls it may make (seccomp(2)).</summary>
    public SeccompMode Seccomp { get; internal set; }

    /// <summary>The newest filter of its system calls, with those before it; null when there is none.</summary>
    public SeccompFilter? SeccompFilter { get; internal set; }

    /// <summary>What a fault leaves behind for signal frames: trap number, error code and CR2.</summary>
    public (uint Trap, uint Error, uint Cr2) LastFault { get; internal set; }

    /// <summary>The task whose vfork(2) waits for this one to end or execute; null otherwise.</summary>
    internal Task? VforkParent { get; set; }

    /// <summary>Who traces it and how; null when nobody does.</summary>
    public Ptrace.TraceState? Trace { get; internal set; }

    /// <summary>The tasks that this one traces.</summary>
    public IReadOnlyList<Task> Tracees => TraceList;

    internal List<Task> TraceList { get; } = [];

    /// <summary>A signal that its tracer has let through: it is delivered without asking again.</summary>
    internal SignalInfo? Injected { get; set; }

    /// <summary>A status to end with, once its tracer has seen PTRACE_EVENT_EXIT; and whether the whole process ends.</summary>
    internal (int Status, bool IsGroup)? PendingExit { get; set; }

    /// <summary>The task that took its place when the machine went back to an earlier state. Under <see cref="Machine.Latest"/> alone.</summary>
    internal Task? Successor { get; set; }

    /// <summary>The task itself, or the one that took its place. Any thread.</summary>
    public Task Latest => Machine.Latest(this);

    internal bool IsQueued { get; set; }

    internal Timer SleepTimer { get; }


    /// <summary>Sets the name from bytes; what is beyond 15 is cut.</summary>
    public void SetComm(ReadOnlySpan<byte> name)
    {
        Array.Clear(comm);
        int end = name.IndexOf((byte)0);
        if (end >= 0) name = name[..end];
        name[..Math.Min(name.Length, CommLength - 1)].CopyTo(comm);
        commText = GuestText.FromBytes(comm.AsSpan(0, Array.IndexOf(comm, (byte)0)));
    }

    internal void CountUnknown(uint number)
    {
        Machine.CountUnknown(number);
        Unknown.Add(number);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Pid} ({Comm})";
}
