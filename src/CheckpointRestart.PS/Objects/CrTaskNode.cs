using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>A task at its place in the tree of processes (Get-CrTask -Tree).</summary>
public abstract class CrTaskNode
{
    private protected CrTaskNode(string branch, int depth) => (this.branch, Depth) = (branch, depth);

    readonly string branch;

    /// <summary>Its name, behind the lines that lead to it; a thread's is in braces.</summary>
    public string Tree => ProcessId == ThreadGroupId ? branch + Name : $"{branch}{{{Name}}}";

    /// <summary>How many stand between it and the root of its tree.</summary>
    public int Depth { get; }

    /// <summary>Its name (comm).</summary>
    public abstract string Name { get; }

    /// <summary>Its pid in the guest.</summary>
    public abstract int ProcessId { get; }

    /// <summary>The pid of its process: another one's for a thread.</summary>
    public abstract int ThreadGroupId { get; }

    /// <summary>The parent's pid in the guest; 0 when there is none.</summary>
    public abstract int ParentProcessId { get; }

    /// <summary>What it does, or did.</summary>
    public abstract string State { get; }

    /// <inheritdoc/>
    public override string ToString() => Tree;

    /// <summary>The trees of live tasks: those given, with their descendants.</summary>
    /// <param name="all">Every task that there is.</param>
    internal static IEnumerable<CrTaskNode> Of(IEnumerable<CrTask> given, IReadOnlyList<CrTask> all)
    {
        var wanted = given.ToHashSet();
        foreach (var machine in all.GroupBy(static task => task.Machine))
        {
            var tree = new TaskTree<CrTask>([.. machine], static task => task.ProcessId, static task => task.ThreadGroupId, static task => task.ParentProcessId);
            foreach (var (task, branch, depth) in tree.Walk(wanted.Contains)) yield return new CrLiveTaskNode(task, branch, depth);
        }
    }

    /// <summary>The trees of a checkpoint's tasks.</summary>
    internal static IEnumerable<CrTaskNode> Of(CrCheckpoint checkpoint)
    {
        var tree = new TaskTree<CrImageTask>(checkpoint.Tasks, static task => task.ProcessId, static task => task.ThreadGroupId, static task => task.ParentProcessId);
        foreach (var (task, branch, depth) in tree.Walk(static _ => true)) yield return new CrImageTaskNode(task, branch, depth);
    }
}

/// <summary>A live task at its place in the tree. Cmdlets take it for the task.</summary>
public sealed class CrLiveTaskNode : CrTaskNode
{
    internal CrLiveTaskNode(CrTask task, string branch, int depth) : base(branch, depth) => Task = task;

    /// <summary>The task.</summary>
    public CrTask Task { get; }

    /// <summary>The task's number in this PowerShell process.</summary>
    public int CrTaskId => Task.Id;

    /// <summary>The machine's number.</summary>
    public int MachineId => Task.MachineId;

    /// <summary>Instructions that the task has retired.</summary>
    public ulong Instructions => Task.Instructions;

    /// <inheritdoc/>
    public override string Name => Task.Name;

    /// <inheritdoc/>
    public override int ProcessId => Task.ProcessId;

    /// <inheritdoc/>
    public override int ThreadGroupId => Task.ThreadGroupId;

    /// <inheritdoc/>
    public override int ParentProcessId => Task.ParentProcessId;

    /// <inheritdoc/>
    public override string State => Task.State.ToString();
}

/// <summary>A task of an image at its place in the tree. Cmdlets that look into tasks take it for the task.</summary>
public sealed class CrImageTaskNode : CrTaskNode
{
    internal CrImageTaskNode(CrImageTask task, string branch, int depth) : base(branch, depth) => ImageTask = task;

    /// <summary>The task.</summary>
    public CrImageTask ImageTask { get; }

    /// <inheritdoc/>
    public override string Name => ImageTask.Name;

    /// <inheritdoc/>
    public override int ProcessId => ImageTask.ProcessId;

    /// <inheritdoc/>
    public override int ThreadGroupId => ImageTask.ThreadGroupId;

    /// <inheritdoc/>
    public override int ParentProcessId => ImageTask.ParentProcessId;

    /// <inheritdoc/>
    public override string State => ImageTask.State.ToString();
}
