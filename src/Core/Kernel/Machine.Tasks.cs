using System.Collections.Immutable;
using CheckpointRestart.Core.Kernel.Loading;

namespace CheckpointRestart.Core.Kernel;

/// <content>The tasks of a machine and their numbers.</content>
public sealed partial class Machine
{
    /// <summary>One past the highest pid: /proc/sys/kernel/pid_max.</summary>
    internal const int MaximumPid = 32768;

    /// <summary>Where numbers go on after the highest (RESERVED_PIDS): the low ones stay with what was started first.</summary>
    const int FirstPidAgain = 300;

    readonly Dictionary<int, int> identifiers = [];

    // Replaced as a whole, so that other threads may look at any time; a change costs the logarithm of how many there are.
    volatile ImmutableSortedDictionary<int, Task> tasks = ImmutableSortedDictionary<int, Task>.Empty;
    volatile int liveTasks;
    int lastPid = 1;

    /// <summary>All tasks but init, zombies included, by pid. Any thread.</summary>
    public IReadOnlyList<Task> Tasks
    {
        get
        {
            var all = tasks;
            var list = new List<Task>(all.Count);
            foreach (var (_, task) in all)
                if (task.Pid != 1) list.Add(task);
            return list;
        }
    }

    /// <summary>The number that was given last.</summary>
    public int LastPid
    {
        get => lastPid;
        internal set => lastPid = value;
    }

    /// <summary>All tasks with init. On the machine's thread.</summary>
    internal TaskSet AllTasks => new(tasks);

    /// <summary>The task with a pid, or null. On the machine's thread.</summary>
    public Task? FindTask(int pid) => tasks.GetValueOrDefault(pid);

    /// <summary>The process with an id, or null. On the machine's thread.</summary>
    public ThreadGroup? FindGroup(int id) => tasks.TryGetValue(id, out var task) && task.Group.Id == id ? task.Group : null;

    /// <summary>Starts a program as a child of init. Any thread.</summary>
    /// <exception cref="ProgramException">It cannot be executed: the message says why.</exception>
    public Task Start(ProgramOptions options) => Execute(machine => ProgramStarter.Start(machine, options));

    /// <summary>True when another task may be made.</summary>
    internal bool HasRoomForTask => tasks.Count < Options.MaximumTasks;

    /// <summary>The next free number: ascending, and again from 300 on behind the highest. 0 when none is free.</summary>
    internal int AllocatePid()
    {
        for (int tries = 0; tries < MaximumPid; tries++)
        {
            if (++lastPid >= MaximumPid) lastPid = FirstPidAgain;
            if (!IsPidInUse(lastPid)) return lastPid;
        }
        return 0;
    }

    /// <summary>True while a task, a process group or a session has the number, or a terminal's foreground had it.</summary>
    internal bool IsPidInUse(int pid) => tasks.ContainsKey(pid) || identifiers.ContainsKey(pid) || Tree.Terminals.Remembers(pid);

    /// <summary>True while a process, zombies included, is in the process group or session of that number.</summary>
    internal bool IsGroupOrSession(int id) => identifiers.ContainsKey(id);

    /// <summary>A process, zombies included, left one process group or session for another; 0 is none.</summary>
    internal void MoveIdentifier(int from, int to)
    {
        if (from == to) return;
        if (to != 0) identifiers[to] = identifiers.GetValueOrDefault(to) + 1;
        if (from == 0) return;
        if (identifiers[from] == 1) identifiers.Remove(from);
        else identifiers[from]--;
    }

    /// <summary>True while a program lives in it: init has none. Any thread.</summary>
    public bool HasLiveTasks => liveTasks > 0;

    internal void AddTask(Task task)
    {
        tasks = tasks.Add(task.Pid, task);
        if (task.Pid != 1 && !task.HasExited) liveTasks++;
    }

    /// <summary>A task has become a zombie or dead.</summary>
    internal void CountExit(Task task)
    {
        if (tasks.TryGetValue(task.Pid, out var found) && ReferenceEquals(found, task)) liveTasks--;
    }

    internal void RemoveTask(Task task)
    {
        if (tasks.TryGetValue(task.Pid, out var found) && ReferenceEquals(found, task)) tasks = tasks.Remove(task.Pid);
    }

    /// <summary>execve(2) of a thread that is not the leader: it takes over the leader's id.</summary>
    internal void TakeOverPid(Task task, int pid)
    {
        tasks = tasks.Remove(task.Pid).Remove(pid).Add(pid, task);
        task.Pid = pid;
    }

    Task CreateInit()
    {
        var group = new ThreadGroup(this, 1, new ResourceLimits(Options)) { ProcessGroup = 1, Session = 1 };
        var task = new Task(this, 1, group)
        {
            State = TaskState.Sleeping,
            Files = new DescriptorTable(),
            FileSystem = new FileSystemContext(Tree.Root, Tree.Root),
        };
        task.SetComm("init"u8);
        group.Leader = task;
        group.AddThread(task);
        AddTask(task);
        return task;
    }
}

/// <summary>The tasks of a machine at one moment, by pid.</summary>
internal readonly struct TaskSet(ImmutableSortedDictionary<int, Task> tasks) : IReadOnlyCollection<Task>
{
    /// <inheritdoc/>
    public int Count => tasks.Count;

    /// <inheritdoc/>
    public IEnumerator<Task> GetEnumerator()
    {
        foreach (var (_, task) in tasks) yield return task;
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
