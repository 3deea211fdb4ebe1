using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Futexes;

/// <summary>The waiters of one futex_waitv(2), in the caller's order.</summary>
internal sealed class FutexGroup(Task task, FutexWaiter[] waiters) : ITaskSubject, ICallSubject, IStateObject
{
    /// <summary>FUTEX_WAITV_MAX.</summary>
    internal const int Most = 128;

    /// <inheritdoc/>
    public Task Task { get; } = task;

    /// <summary>The first that was woken, or -1.</summary>
    public int Woken => Array.FindIndex(waiters, static waiter => waiter.IsWoken);

    /// <summary>True for one of its waiters.</summary>
    public bool Contains(FutexWaiter waiter) => Array.IndexOf(waiters, waiter) >= 0;

    /// <inheritdoc/>
    public void Leave()
    {
        foreach (var waiter in waiters) Task.Machine.Futexes.Remove(waiter);
    }

    string IStateObject.StateKind => "futex-waiters";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        var read = visitor.Refs("waiters", waiters, Most);
        if (!visitor.IsReading) return;
        waiters = [.. read];
        visitor.Require(waiters.Length > 0 && Array.TrueForAll(waiters, waiter => ReferenceEquals(waiter.Task, Task)), "the waiters of a call are its task's");
    }

    internal static FutexGroup Create(StateVisitor visitor) => new(visitor.Need<Task>("task", null), []);
}
