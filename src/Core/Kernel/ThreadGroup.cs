using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A process: the tasks that share a pid, what they share, and its place in the tree (Linux: signal_struct).</summary>
public sealed partial class ThreadGroup
{
    readonly List<Task> threads = [];
    readonly List<ThreadGroup> children = [];
    int processGroup, session;
    volatile bool isBeingKilled;

    internal ThreadGroup(Machine machine, int id, ResourceLimits limits)
    {
        Machine = machine;
        Id = id;
        Limits = limits;
        Pending = new PendingSignals(machine);
        RealTimer = new() { Expired = OnRealTimer };
        CpuTimers = new(this);
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>The process id: the first task's pid.</summary>
    public int Id { get; }

    /// <summary>The task that gave the group its id; kept as a zombie while others live.</summary>
    public Task Leader { get; internal set; } = null!;

    /// <summary>Tasks that have not ended.</summary>
    public IReadOnlyList<Task> Threads => threads;

    /// <summary>The parent process; null for init.</summary>
    public ThreadGroup? Parent { get; private set; }

    /// <summary>Child processes, zombies included, oldest first.</summary>
    public IReadOnlyList<ThreadGroup> Children => children;

    /// <summary>The thread of <see cref="Parent"/> that made the process, or that took it over from one that ended.</summary>
    public Task? ParentThread { get; private set; }

    /// <summary>Process group.</summary>
    public int ProcessGroup
    {
        get => processGroup;
        internal set
        {
            Machine.MoveIdentifier(processGroup, value);
            processGroup = value;
        }
    }

    /// <summary>Session.</summary>
    public int Session
    {
        get => session;
        internal set
        {
            Machine.MoveIdentifier(session, value);
            session = value;
        }
    }

    /// <summary>The controlling terminal (the slave's side); null for none.</summary>
    internal Terminal? Terminal { get; set; }

    /// <summary>The group that was in the foreground when the terminal was hung up; it hears of the leader's end. 0 for none.</summary>
    internal int OldForegroundGroup { get; set; }

    /// <summary>The host's side of the terminal that the process was started with.</summary>
    internal HostTerminal? HostTerminal { get; set; }

    /// <summary>Set by another thread that is about to kill it.</summary>
    internal bool IsBeingKilled
    {
        get => isBeingKilled;
        set => isBeingKilled = value;
    }

    /// <summary>The debugger outside that has hold of the process; null for none.</summary>
    internal Debugging.DebugControl? Debug { get; set; }

    /// <summary>Signals sent to the whole group.</summary>
    public PendingSignals Pending { get; }

    /// <summary>Limits.</summary>
    public ResourceLimits Limits { get; internal set; }

    /// <summary>True once all tasks are told to end.</summary>
    public bool IsExiting { get; internal set; }

    /// <summary>The status as wait(2) encodes it: code &lt;&lt; 8, or the signal, with 0x80 after a core dump.</summary>
    public int ExitStatus { get; internal set; }

    /// <summary>True while stopped by a signal.</summary>
    public bool IsStopped { get; internal set; }

    /// <summary>True once the last task has ended.</summary>
    public bool IsZombie { get; internal set; }

    /// <summary>The signal of the stop.</summary>
    public Signal StopSignal { get; internal set; }

    /// <summary>A stop that the parent has not yet been told of by wait.</summary>
    public bool StopUnreported { get; internal set; }

    /// <summary>A continuation that the parent has not yet been told of by wait.</summary>
    public bool ContinueUnreported { get; internal set; }

    /// <summary>What the parent gets when the group ends.</summary>
    public Signal ExitSignal { get; internal set; } = Signal.SIGCHLD;

    /// <summary>Woken when a child ends, stops or continues.</summary>
    public WaitQueue ChildEvents { get; } = new();

    /// <summary>Woken when the last task has ended: what a pidfd waits for.</summary>
    public WaitQueue Ended { get; } = new();

    /// <summary>How often a task of the group executed a program (self_exec_id).</summary>
    internal int Executions { get; set; }

    /// <summary>The parent's <see cref="Executions"/> when it made the process: another program gets SIGCHLD, whatever the old one asked for.</summary>
    internal int ParentExecutions { get; set; }

    /// <summary>The file of the running program.</summary>
    public Dentry? Executable { get; internal set; }

    /// <summary>The auxiliary vector as the program got it.</summary>
    public byte[] AuxiliaryVector { get; internal set; } = [];

    /// <summary>Monotonic nanoseconds of the start.</summary>
    public long StartTime { get; internal set; }

    /// <summary>PR_SET_CHILD_SUBREAPER.</summary>
    public bool IsSubreaper { get; internal set; }

    /// <summary>PR_SET_DUMPABLE.</summary>
    public int Dumpable { get; internal set; } = 1;

    /// <summary>/proc/pid/coredump_filter: which kinds of memory a core file has.</summary>
    public uint CoreFilter { get; internal set; } = 0x33;

    /// <summary>The kinds of membarrier(2) that it has registered for.</summary>
    public uint MemoryBarriers { get; internal set; }

    /// <summary>PR_SET_THP_DISABLE: kept, as there are no huge pages.</summary>
    public bool HasNoHugePages { get; internal set; }

    /// <summary>PR_SET_NO_NEW_PRIVS.</summary>
    public bool NoNewPrivileges { get; internal set; }

    /// <summary>True once execve(2) was done: setpgid on it then fails.</summary>
    public bool HasExecuted { get; internal set; }

    /// <summary>OOM score adjustment, nice value.</summary>
    public int OutOfMemoryAdjustment { get; internal set; }

    public int Nice { get; internal set; }

    /// <summary>Instructions of tasks of the group that have ended.</summary>
    public ulong EndedInstructions { get; internal set; }

    /// <summary>Instructions of children that were waited for, theirs included.</summary>
    public ulong ChildInstructions { get; internal set; }

    /// <summary>System calls that the machine does not have, by number, and how often the process's ended threads, and the children that it has waited for, made them.</summary>
    public IReadOnlyDictionary<uint, ulong> EndedUnknownCalls => EndedUnknown.Counts;

    internal CallCounts EndedUnknown { get; } = new();

    /// <summary>Instructions of all tasks of the group, ended ones included.</summary>
    public ulong Instructions
    {
        get
        {
            ulong sum = EndedInstructions;
            foreach (var thread in threads) sum += thread.Instructions;
            return sum;
        }
    }

    /// <summary>ITIMER_REAL and alarm(2).</summary>
    internal Timer RealTimer { get; }

    /// <summary>What waits for the process's processor time.</summary>
    internal Events.CpuTimers CpuTimers { get; }

    /// <summary>Timers of timer_create(2), by id.</summary>
    internal SortedDictionary<int, Events.PosixTimer> PosixTimers { get; } = [];

    /// <summary>The id of the next timer.</summary>
    internal int NextTimerId { get; set; }

    /// <summary>execve(2) and the end of the process: timer_create's timers go.</summary>
    internal void DeleteTimers()
    {
        foreach (var timer in PosixTimers.Values) timer.Delete();
        PosixTimers.Clear();
    }

    internal void AddThread(Task task)
    {
        threads.Add(task);
        Debug?.Meet(task);
    }

    internal void RemoveThread(Task task)
    {
        if (threads.Remove(task)) EndedInstructions += task.Instructions;
    }

    internal void SetParent(ThreadGroup? parent, Task? thread = null)
    {
        Parent?.children.Remove(this);
        Parent = parent;
        ParentThread = thread ?? (parent == null || parent.threads.Count == 0 ? parent?.Leader : parent.threads[0]);
        parent?.children.Add(this);
    }

    /// <summary>The thread that made the process has ended, or got another one's place.</summary>
    internal void SetParentThread(Task thread) => ParentThread = thread;

    /// <summary>The process is gone: its process group and session may go with it.</summary>
    internal void LeaveIdentifiers() => ProcessGroup = Session = 0;

    void OnRealTimer(Timer timer)
    {
        // Periods that went by at once are one signal.
        if (timer.Interval > 0) Machine.Timers.Arm(timer, timer.At + Math.Max((Machine.Clock.Now - timer.At) / timer.Interval + 1, 1) * timer.Interval);
        Machine.SendSignal(this, SignalInfo.FromKernel(Signal.SIGALRM));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} ({Leader.Comm})";
}
