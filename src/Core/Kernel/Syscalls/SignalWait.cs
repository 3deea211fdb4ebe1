using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>The signals that a task waits for in rt_sigtimedwait(2).</summary>
internal sealed class SignalWait(Task task, SignalSet set) : ITaskSubject, IStateObject
{
    /// <inheritdoc/>
    public Task Task { get; } = task;

    /// <summary>The signals.</summary>
    public SignalSet Set { get; private set; } = set;

    string IStateObject.StateKind => "signal-wait";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        Set = new(visitor.Word("set", Set.Bits));
    }

    internal static SignalWait Create(StateVisitor visitor) => new(visitor.Need<Task>("task", null), default);
}
