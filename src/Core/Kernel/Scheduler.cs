namespace CheckpointRestart.Core.Kernel;

/// <summary>Round robin by retired instructions. Its whole state is the current task, the rest of its quantum, and the order of those that wait for their turn.</summary>
public sealed partial class Scheduler
{
    /// <summary>Instructions that a task may retire in a row while others want to run.</summary>
    public const long Quantum = 100_000;

    readonly Queue<Task> queue = new();

    /// <summary>The task whose turn it is.</summary>
    public Task? Current { get; private set; }

    /// <summary>Instructions left of the current task's turn.</summary>
    public long QuantumLeft { get; internal set; }

    /// <summary>Tasks that wait for their turn, in order.</summary>
    public IEnumerable<Task> Waiting => queue.Where(task => task.IsQueued);

    internal void Enqueue(Task task)
    {
        // A frozen task comes into the queue when it is thawed: whether the machine has had a turn meanwhile makes no difference.
        if (task.IsHeld || task.IsQueued || ReferenceEquals(task, Current)) return;
        task.IsQueued = true;
        queue.Enqueue(task);
    }

    /// <summary>Takes a task that is frozen out of the queue.</summary>
    internal void Remove(Task task)
    {
        if (!task.IsQueued) return;
        task.IsQueued = false;
        for (int left = queue.Count; left > 0; left--)
            if (queue.Dequeue() is var other && !ReferenceEquals(other, task)) queue.Enqueue(other);
    }

    /// <summary>The task to run now, or null when none can.</summary>
    internal Task? Choose()
    {
        if (Current != null && (Current.State != TaskState.Running || QuantumLeft <= 0)) Yield();
        if (Current is { IsHeld: false }) return Current;
        var parked = Current;
        while (queue.TryDequeue(out var task))
        {
            task.IsQueued = false;
            if (task.State != TaskState.Running) continue;
            Current = task;
            QuantumLeft = Quantum;
            task.ContextSwitches++;
            return task;
        }
        Current = parked;
        return null;
    }

    /// <summary>Ends the current task's turn.</summary>
    internal void Yield()
    {
        var task = Current;
        Current = null;
        if (task == null) return;
        task.HasLostProcessor = true;
        if (task.State == TaskState.Running) Enqueue(task);
    }

    /// <summary>Looks at something as a task does whose turn it is not. Nothing may run, wait or wake meanwhile.</summary>
    internal T As<T>(Task task, Func<T> look)
    {
        var turn = Current;
        Current = task;
        try
        {
            return look();
        }
        finally
        {
            Current = turn;
        }
    }

    /// <summary>Restores a captured position.</summary>
    internal void SetPosition(Task current, long quantumLeft)
    {
        Current = current;
        QuantumLeft = quantumLeft;
    }
}
