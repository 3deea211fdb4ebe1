using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel.Loading;

namespace CheckpointRestart.Core.Kernel;

/// <content>The tasks of a machine and their numbers.</content>
public sealed partial class Machine
{
    const int MaximumPid = 32768;

    readonly SortedDictionary<int, Task> tasks = [];
    volatile IReadOnlyList<Task> snapshot = [];
    volatile int liveTasks;
    int lastPid = 1;

    /// <summary>All tasks but init, zombies included, by pid. Any thread.</summary>
    public IReadOnlyList<Task> Tasks => snapshot;

    /// <summary>The number that was given last.</summary>
    public int LastPid
    {
        get => lastPid;
        internal set => lastPid = value;
    }

    /// <summary>All tasks with init. On the machine's thread.</summary>
    internal IReadOnlyCollection<Task> AllTasks => tasks.Values;

    /// <summary>The task with a pid, or null. On the machine's thread.</summary>
    public Task? FindTask(int pid) => tasks.GetValueOrDefault(pid);

    /// <summary>The process with an id, or null. On the machine's thread.</summary>
    public ThreadGroup? FindGroup(int id) => tasks.TryGetValue(id, out var task) && task.Group.Id == id ? task.Group : null;

    /// <summary>Starts a program as a child of init. Any thread.</summary>
    /// <exception cref="ProgramException">It cannot be executed: the message says why.</exception>
    public Task Start(ProgramOptions options) => Execute(machine => ProgramStarter.Start(machine, options));

    /// <summary>True when another task may be made.</summary>
    internal bool HasRoomForTask => tasks.Count < Options.MaximumTasks;

    internal int AllocatePid()
    {
        do
        {
            if (++lastPid >= MaximumPid) lastPid = 2;
        }
        while (IsPidInUse(lastPid));
        return lastPid;
    }

    bool IsPidInUse(int pid)
    {
        if (tasks.ContainsKey(pid)) return true;
        foreach (var task in tasks.Values)
            if (task.Group.ProcessGroup == pid || task.Group.Session == pid) return true;
        return false;
    }

    internal void AddTask(Task task)
    {
        tasks.Add(task.Pid, task);
        PublishTasks();
    }

    internal void RemoveTask(Task task)
    {
        if (tasks.TryGetValue(task.Pid, out var found) && ReferenceEquals(found, task)) tasks.Remove(task.Pid);
        PublishTasks();
    }

    /// <summary>execve(2) of a thread that is not the leader: it takes over the leader's id.</summary>
    internal void TakeOverPid(Task task, int pid)
    {
        tasks.Remove(task.Pid);
        tasks.Remove(pid);
        task.Pid = pid;
        tasks.Add(pid, task);
        PublishTasks();
    }

    internal void PublishTasks()
    {
        var all = new List<Task>(tasks.Count);
        int live = 0;
        foreach (var task in tasks.Values)
        {
            if (task.Pid == 1) continue;
            all.Add(task);
            if (!task.HasExited) live++;
        }
        snapshot = all;
        liveTasks = live;
    }

    Task CreateInit()
    {
        var group = new ThreadGroup(this, 1, new ResourceLimits(Options.MaximumDescriptors, Options.MaximumTasks)) { ProcessGroup = 1, Session = 1 };
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
