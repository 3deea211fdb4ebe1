namespace CheckpointRestart.Core.Kernel.Ptrace;

/// <summary>PTRACE_O_* (linux/ptrace.h).</summary>
[Flags]
public enum PtraceOptions : uint
{
    None = 0,
    SystemCallGood = 1,
    Fork = 1 << 1,
    Vfork = 1 << 2,
    Clone = 1 << 3,
    Exec = 1 << 4,
    VforkDone = 1 << 5,
    Exit = 1 << 6,
    Seccomp = 1 << 7,
    ExitKill = 1 << 20,
    Known = SystemCallGood | Fork | Vfork | Clone | Exec | VforkDone | Exit | Seccomp | ExitKill,
}

/// <summary>PTRACE_EVENT_* (linux/ptrace.h).</summary>
public enum TraceEvent : uint
{
    None = 0,
    Fork = 1,
    Vfork = 2,
    Clone = 3,
    Exec = 4,
    VforkDone = 5,
    Exit = 6,
    Seccomp = 7,
    Stop = 128,
}

/// <summary>Where a traced task is stopped: what the signal that it is resumed with means depends on it.</summary>
public enum TraceStop
{
    /// <summary>It is not.</summary>
    None,
    /// <summary>In front of a signal, which the tracer may change or drop.</summary>
    Signal,
    /// <summary>In front of a system call.</summary>
    Entry,
    /// <summary>Behind a system call, or behind the frame of a handler that was stepped into.</summary>
    Exit,
    /// <summary>At a PTRACE_EVENT_*.</summary>
    Event,
    /// <summary>Together with its process, or interrupted by the tracer.</summary>
    Group,
}

/// <summary>How a traced task was resumed.</summary>
public enum TraceResume
{
    /// <summary>PTRACE_CONT.</summary>
    Continue,
    /// <summary>PTRACE_SYSCALL: to the next edge of a system call.</summary>
    SystemCall,
    /// <summary>PTRACE_SINGLESTEP.</summary>
    Step,
    /// <summary>PTRACE_SYSEMU: to the next system call, which is not made.</summary>
    Emulate,
    /// <summary>PTRACE_SYSEMU_SINGLESTEP.</summary>
    EmulateStep,
}

/// <summary>What a traced task and its tracer know of each other, as data on the traced task (Linux: the ptrace fields of task_struct).</summary>
public sealed partial class TraceState
{
    /// <summary>The thread that traces; its whole process may wait.</summary>
    public required Task Tracer { get; init; }

    /// <summary>True after PTRACE_SEIZE.</summary>
    public bool IsSeized { get; internal set; }

    /// <summary>PTRACE_O_*.</summary>
    public PtraceOptions Options { get; internal set; }

    /// <summary>PTRACE_GETEVENTMSG.</summary>
    public uint Message { get; internal set; }

    /// <summary>How it runs.</summary>
    public TraceResume Resume { get; internal set; }

    /// <summary>Where it is stopped.</summary>
    public TraceStop Stop { get; internal set; }

    /// <summary>What wait(2) tells of the stop: the signal and the event &lt;&lt; 8; 0 once told.</summary>
    public int Code { get; internal set; }

    /// <summary>PTRACE_GETSIGINFO of the stop; null in the group stop of a task that was not seized.</summary>
    public SignalInfo? Info { get; internal set; }

    /// <summary>PTRACE_LISTEN: the group stop goes on, and is not told again until something changes.</summary>
    public bool IsListening { get; internal set; }

    /// <summary>PTRACE_INTERRUPT, or the first stop of a child that is traced from its beginning.</summary>
    public bool IsTrapPending { get; internal set; }

    /// <summary>The process has been stopped while the task was elsewhere: it has to take part.</summary>
    public bool IsGroupStopPending { get; internal set; }

    /// <summary>True while TF is set for the tracer's sake.</summary>
    internal bool ForcesTrapFlag { get; set; }

    /// <summary>True when something other than a signal is to be looked at before the task goes on.</summary>
    internal bool HasWork => IsTrapPending || IsGroupStopPending;
}
