using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Seccomp;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State.</content>
public sealed partial class Task : IStateObject, IRestoredWaiter
{
    string IStateObject.StateKind => "task";

    void IRestoredWaiter.WaitAgain(WaitQueue queue) => WaitIn(queue);

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Int("pid", Pid, 1, Machine.MaximumPid - 1);
        visitor.Need("process", Group);
        State = visitor.Enum("state", State);
        ExitStatus = visitor.Int("exit-status", ExitStatus);
        var name = visitor.Bytes("comm", comm, CommLength) ?? [];
        if (visitor.IsReading) SetComm(name);
        VisitShared(visitor);
        VisitRegisters(visitor);
        Credentials.Visit(visitor);
        Call.Visit(visitor, this);
        Instructions = visitor.Word("instructions", Instructions);
        SystemCallCount = visitor.Word("system-calls", SystemCallCount);
        ContextSwitches = visitor.Word("context-switches", ContextSwitches);
        ClearChildTid = visitor.Uint("clear-child-tid", ClearChildTid);
        RobustList = (visitor.Uint("robust-list", RobustList.Head), visitor.Uint("robust-list-length", RobustList.Length));
        Sequence = new(visitor.Uint("rseq", Sequence.Address), visitor.Uint("rseq-signature", Sequence.Signature));
        HasLostProcessor = visitor.Flag("lost-processor", HasLostProcessor);
        TimerSlack = visitor.Uint("timer-slack", TimerSlack);
        Scheduling = new(visitor.Int("policy", Scheduling.Policy), visitor.Int("priority", Scheduling.Priority), visitor.Flag("reset-on-fork", Scheduling.ResetOnFork));
        IoPriority = visitor.Uint("io-priority", IoPriority);
        ParentDeathSignal = (Signal)visitor.Int("parent-death-signal", (int)ParentDeathSignal, 0, (int)Signal.Last);
        Personality = visitor.Uint("personality", Personality);
        Seccomp = visitor.Enum("seccomp", Seccomp);
        SeccompFilter = visitor.Ref("seccomp-filter", SeccompFilter);
        visitor.Require(Seccomp != SeccompMode.Filter || SeccompFilter != null, "a task whose calls are filtered has a filter");
        LastFault = (visitor.Uint("last-trap", LastFault.Trap), visitor.Uint("last-error", LastFault.Error), visitor.Uint("cr2", LastFault.Cr2));
        VforkParent = visitor.Ref("vfork-parent", VforkParent);
        Trace = visitor.Ref("trace", Trace);
        VisitSignals(visitor);
        visitor.Visit("sleep", SleepTimer, Machine.Timers);
        SemaphoreUndo = visitor.Ref("semaphore-undo", SemaphoreUndo);
        var locks = visitor.Refs("owned-locks", OwnedLocks ?? [], 1 << 20);
        var traced = visitor.Refs("tracees", TraceList, Machine.MaximumPid);
        Unknown.Visit(visitor, "unknown-calls");
        if (!visitor.IsReading) return;
        if (locks.Count > 0) OwnedLocks = [.. locks];
        TraceList.AddRange(traced);
        visitor.Require(traced.Distinct().Count() == traced.Count && locks.Distinct().Count() == locks.Count, "what a task traces and owns is there once");
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            foreach (var held in locks) visitor.Require(ReferenceEquals(held.Owner, this), "a lock is its owner's");
            foreach (var task in traced) visitor.Require(ReferenceEquals(task.Trace?.Tracer, this), "who is traced knows its tracer");
            visitor.Require(Trace == null || (!Trace.Tracer.HasExited && !ReferenceEquals(Trace.Tracer.Group, Group) && Trace.Tracer.TraceList.Contains(this)), "a tracer lives, is of another process, and knows whom it traces");
            visitor.Require(State != TaskState.Traced || Trace is { Stop: not Ptrace.TraceStop.None }, "who is stopped for a tracer has one");
        });
    }

    void VisitShared(StateVisitor visitor)
    {
        AddressSpace = visitor.Ref("memory", AddressSpace);
        Files = visitor.Ref("files", Files);
        FileSystem = visitor.Ref("fs", FileSystem);
        Handlers = visitor.Need("handlers", Handlers);
        if (!visitor.IsReading) return;
        // Those that are told once all are filled count from none.
        visitor.Later(OpenFile.HoldersAreThere - 1, () =>
        {
            visitor.Require(HasExited || ReferenceEquals(Machine.FindTask(Pid), this), $"task {Pid}, which has not ended, is one of the machine's");
            AddressSpace?.AddUser();
            Files?.AddUser();
            if (FileSystem != null) FileSystem.Users++;
            if (!HasExited) Handlers.Users++;
            SemaphoreUndo?.AddRestoredUser(Machine.Ipc);
        });
    }

    void VisitRegisters(StateVisitor visitor)
    {
        if (!visitor.Flag("has-registers", Registers != null)) return;
        Registers ??= new Registers();
        Registers.Visit(visitor, "registers");
    }

    void VisitSignals(StateVisitor visitor)
    {
        BlockedSignals = new(visitor.Word("blocked", BlockedSignals.Bits));
        bool isSwapped = visitor.Flag("mask-swapped", SavedMask != null);
        var saved = new SignalSet(visitor.Word("saved-mask", SavedMask?.Bits ?? 0));
        if (visitor.IsReading) SavedMask = isSwapped ? saved : null;
        SignalStack = new(visitor.Uint("altstack", SignalStack.Base), visitor.Uint("altstack-size", SignalStack.Size), visitor.Uint("altstack-flags", SignalStack.Flags));
        Pending.Visit(visitor, "pending");
        Injected = visitor.Visit("injected", Injected);
        if (!visitor.BeginStructure("pending-exit", PendingExit != null)) return;
        PendingExit = (visitor.Int("status", PendingExit?.Status ?? 0), visitor.Flag("group", PendingExit?.IsGroup ?? false));
        visitor.EndStructure();
    }

    /// <summary>The task of an image; the first one is there already.</summary>
    internal static Task Create(StateVisitor visitor, Machine machine)
    {
        int pid = visitor.Int("pid", 0, 1, Machine.MaximumPid - 1);
        return pid == machine.Init.Pid ? machine.Init : new Task(machine, pid, visitor.Need<ThreadGroup>("process", null));
    }
}

/// <content>State.</content>
public sealed partial class ThreadGroup : IStateObject
{
    string IStateObject.StateKind => "process";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Int("id", Id, 1, Machine.MaximumPid - 1);
        Leader = visitor.Need("leader", Leader);
        var tasks = visitor.Refs("threads", threads, Machine.MaximumPid);
        Parent = visitor.Ref("parent", Parent);
        ParentThread = visitor.Ref("parent-thread", ParentThread);
        var below = visitor.Refs("children", children, Machine.MaximumPid);
        ProcessGroup = visitor.Int("pgid", ProcessGroup, 0, Machine.MaximumPid - 1);
        Session = visitor.Int("sid", Session, 0, Machine.MaximumPid - 1);
        Terminal = visitor.Ref("terminal", Terminal);
        HostTerminal = visitor.Ref("host-terminal", HostTerminal);
        OldForegroundGroup = visitor.Int("old-foreground", OldForegroundGroup);
        Pending.Visit(visitor, "pending");
        Limits.Visit(visitor);
        VisitEnding(visitor);
        VisitProgram(visitor);
        visitor.Visit("real-timer", RealTimer, Machine.Timers);
        CpuTimers.Visit(visitor);
        var timers = visitor.Refs("timers", PosixTimers.Values, 1 << 20);
        NextTimerId = visitor.Int("next-timer", NextTimerId);
        ChildEvents.Visit(visitor, "waiting-parents");
        Ended.Visit(visitor, "end-waiters");
        if (!visitor.IsReading) return;
        threads.Clear();
        threads.AddRange(tasks);
        children.Clear();
        children.AddRange(below);
        foreach (var timer in timers) visitor.Require(PosixTimers.TryAdd(timer.Id, timer), "timers of a process have different ids");
    }

    void VisitEnding(StateVisitor visitor)
    {
        IsExiting = visitor.Flag("exiting", IsExiting);
        ExitStatus = visitor.Int("exit-status", ExitStatus);
        IsStopped = visitor.Flag("stopped", IsStopped);
        IsZombie = visitor.Flag("zombie", IsZombie);
        StopSignal = (Signal)visitor.Int("stop-signal", (int)StopSignal, 0, (int)Signal.Last);
        StopUnreported = visitor.Flag("stop-unreported", StopUnreported);
        ContinueUnreported = visitor.Flag("continue-unreported", ContinueUnreported);
        ExitSignal = (Signal)visitor.Int("exit-signal", (int)ExitSignal, 0, (int)Signal.Last);
        Executions = visitor.Int("executions", Executions);
        ParentExecutions = visitor.Int("parent-executions", ParentExecutions);
        EndedUnknown.Visit(visitor, "ended-unknown-calls");
        EndedInstructions = visitor.Word("ended-instructions", EndedInstructions);
        ChildInstructions = visitor.Word("child-instructions", ChildInstructions);
    }

    void VisitProgram(StateVisitor visitor)
    {
        Executable = visitor.Ref("executable", Executable);
        AuxiliaryVector = visitor.Bytes("auxv", AuxiliaryVector, 4096) ?? [];
        StartTime = visitor.Number("start-time", StartTime);
        IsSubreaper = visitor.Flag("subreaper", IsSubreaper);
        Dumpable = visitor.Int("dumpable", Dumpable);
        CoreFilter = visitor.Uint("core-filter", CoreFilter);
        MemoryBarriers = visitor.Uint("membarriers", MemoryBarriers);
        HasNoHugePages = visitor.Flag("no-huge-pages", HasNoHugePages);
        NoNewPrivileges = visitor.Flag("no-new-privileges", NoNewPrivileges);
        HasExecuted = visitor.Flag("executed", HasExecuted);
        OutOfMemoryAdjustment = visitor.Int("oom-score-adj", OutOfMemoryAdjustment);
        Nice = visitor.Int("nice", Nice);
    }

    /// <summary>The process of an image; the first one is there already.</summary>
    internal static ThreadGroup Create(StateVisitor visitor, Machine machine)
    {
        int id = visitor.Int("id", 0, 1, Machine.MaximumPid - 1);
        return id == machine.Init.Group.Id ? machine.Init.Group : new ThreadGroup(machine, id, new ResourceLimits(machine.Options));
    }
}
