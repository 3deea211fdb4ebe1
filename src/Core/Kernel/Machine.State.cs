using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State: what the machine holds beside its options, and all that it leads to.</content>
public sealed partial class Machine : IStateObject
{
    string IStateObject.StateKind => "machine";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitOptions(visitor);
        retired = visitor.Word("retired", retired);
        VisitTime(visitor);
        lastPid = visitor.Int("last-pid", lastPid, 1, MaximumPid);
        OutOfMemoryKills = visitor.Number("oom-kills", OutOfMemoryKills, 0);
        CorePattern = visitor.Text("core-pattern", CorePattern) ?? "";
        CoreUsesPid = visitor.Flag("core-uses-pid", CoreUsesPid);
        string host = visitor.Text("hostname", Version.NodeName, 64) ?? "", domain = visitor.Text("domainname", Version.DomainName, 64) ?? "";
        if (visitor.IsReading) Version = Version with { NodeName = host, DomainName = domain };
        Overcommit.Visit(visitor);
        unknown.Visit(visitor, "unknown-calls");
        visitor.Need("files", Tree);
        VisitTasks(visitor);
        Scheduler.Visit(visitor);
        Streams.Visit(visitor, keepsContents: isGoingBack);
        ClockSet.Visit(visitor, "clock-watchers");
        VisitObjects(visitor);
        VisitServices(visitor);
    }

    /// <summary>What higher floors keep for the guest's sake.</summary>
    void VisitServices(StateVisitor visitor)
    {
        var read = visitor.Refs("services", services.Values.OfType<IStateObject>().OrderBy(static service => service.StateKind, StringComparer.Ordinal).ToList(), 16);
        if (!visitor.IsReading) return;
        foreach (var service in read) visitor.Require(services.TryAdd(service.GetType(), service), "what the machine keeps is there once");
    }

    /// <summary>What the options of a machine made from an image come from.</summary>
    void VisitOptions(StateVisitor visitor)
    {
        visitor.Enum("clock", Options.Clock);
        visitor.Text("cpu", Options.Cpu.Name);
        visitor.Number("memory-limit", Options.MemoryLimit);
        visitor.Int("task-limit", Options.MaximumTasks);
        visitor.Int("descriptor-limit", Options.Descriptors);
        visitor.Int("descriptor-maximum", Options.MaximumDescriptors);
        visitor.Int("open-file-limit", Options.MaximumOpenFiles);
        visitor.Int("stream-limit", Options.StreamLimit);
        visitor.Flag("guest-checkpoint", Options.GuestCheckpoint);
    }

    void VisitTime(StateVisitor visitor)
    {
        long now = visitor.Number("now", Clock.Now);
        Clock.RealtimeOffset = visitor.Number("realtime-offset", Clock.RealtimeOffset);
        var (first, second, third, fourth) = Random.State;
        Random.State = (visitor.Word("random0", first), visitor.Word("random1", second), visitor.Word("random2", third), visitor.Word("random3", fourth));
        Timers.Order = visitor.Number("timer-order", Timers.Order, 0);
        if (visitor.IsReading) Clock.Skipped += now - Clock.Now;
    }

    void VisitTasks(StateVisitor visitor)
    {
        visitor.Need("init", Init);
        var read = visitor.Refs("tasks", tasks.Values.Where(task => !ReferenceEquals(task, Init)).ToList(), MaximumPid);
        if (!visitor.IsReading) return;
        foreach (var task in read)
        {
            visitor.Require(task.Pid != Init.Pid && !tasks.ContainsKey(task.Pid), "tasks have different pids");
            tasks = tasks.Add(task.Pid, task);
        }
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(Init is { State: TaskState.Sleeping, IsQueued: false, SleepTimer.IsArmed: false, Waits.Count: 0, Call.IsActive: false } && !ReferenceEquals(Scheduler.Current, Init), "init has no program, waits for nothing and never runs");
            int living = 0;
            foreach (var task in read)
            {
                if (!task.HasExited) living++;
                else continue;
                visitor.Require(task.Registers != null && task.AddressSpace != null && task.Files != null && task.FileSystem != null, $"task {task.Pid}, which runs, has registers, memory and files");
                visitor.Require(task.Group.Threads.Contains(task), $"task {task.Pid} is a thread of its process");
            }
            liveTasks = living;
            // Whoever was frozen from outside is not any more.
            foreach (var task in read)
                if (task.State == TaskState.Running) Scheduler.Enqueue(task);
        });
    }

    /// <summary>What lies in tables of the machine; that nothing refers to it does not make it vanish.</summary>
    void VisitObjects(StateVisitor visitor)
    {
        visitor.Need("network", Network);
        VisitPorts(visitor);
        Futexes.Visit(visitor);
        Ipc.Visit(visitor);
        PosixQueues.Visit(visitor);
        VisitHostTerminals(visitor);
    }
}

/// <content>State.</content>
public sealed partial class Scheduler
{
    internal void Visit(StateVisitor visitor)
    {
        // Whose turn it was when he ended: that is nobody's.
        var current = visitor.Ref("current", Current is { HasExited: true } ? null : Current);
        long left = visitor.Number("quantum-left", QuantumLeft, long.MinValue, Quantum);
        var waiting = visitor.Refs("turns", Waiting.ToList(), Machine.MaximumPid);
        if (!visitor.IsReading) return;
        Current = current;
        QuantumLeft = left;
        foreach (var task in waiting)
        {
            visitor.Require(!task.IsQueued, "a task waits for one turn");
            task.IsQueued = true;
            queue.Enqueue(task);
        }
    }
}
