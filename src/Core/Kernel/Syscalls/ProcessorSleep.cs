using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <summary>A sleep that processor time ends.</summary>
internal sealed class ProcessorSleep : ITaskSubject, ICallSubject, IInterruptible, IStateObject
{
    readonly ThreadGroup group;
    RemainderKind layout;
    uint remainder;

    public ProcessorSleep(Task task, ThreadGroup group, Task? thread, RemainderKind layout, uint remainder)
    {
        Task = task;
        this.group = group;
        this.layout = layout;
        this.remainder = remainder;
        Timer = new() { Thread = thread, Expired = _ => task.Wake() };
    }

    /// <inheritdoc/>
    public Task Task { get; }

    public Events.CpuTimer Timer { get; }

    public bool HasEnded => !Timer.IsArmed;

    public Result Wait(Task task) => Result.Wait(null, remainder == 0 ? Interruption.NoHandler : Interruption.RestartBlock);

    public void Leave() => group.CpuTimers.Disarm(Timer);

    public void Interrupted(Task task)
    {
        ulong now = group.CpuTimers.ClockOf(Timer.Thread);
        if (remainder != 0) TimeAbi.Write(task, remainder, layout, (long)(Timer.At > now ? Timer.At - now : 0));
    }

    string IStateObject.StateKind => "processor-sleep";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("task", Task);
        visitor.Need("process", group);
        visitor.Ref("thread", Timer.Thread);
        layout = visitor.Enum("layout", layout);
        remainder = visitor.Uint("remainder-address", remainder);
        group.CpuTimers.Visit(visitor, "timer", Timer);
    }

    internal static ProcessorSleep Create(StateVisitor visitor) =>
        new(visitor.Need<Task>("task", null), visitor.Need<ThreadGroup>("process", null), visitor.Ref<Task>("thread", null), RemainderKind.None, 0);
}
