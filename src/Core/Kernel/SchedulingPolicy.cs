namespace CheckpointRestart.Core.Kernel;

/// <summary>What sched_setattr(2) sets, but for the nice value. The machine's turns are equal whatever it says.</summary>
/// <param name="Policy">SCHED_*: 0 normal, 1 FIFO, 2 round robin, 3 batch, 5 idle.</param>
/// <param name="Priority">1 to 99 for FIFO and round robin, else 0.</param>
/// <param name="ResetOnFork">SCHED_RESET_ON_FORK: children begin as normal.</param>
public readonly record struct SchedulingPolicy(int Policy, int Priority, bool ResetOnFork)
{
    public const int Normal = 0, Fifo = 1, RoundRobin = 2, Batch = 3, Idle = 5;

    /// <summary>True for the policies that have a priority.</summary>
    public bool IsRealTime => Policy is Fifo or RoundRobin;

    /// <summary>What a child gets.</summary>
    public SchedulingPolicy AfterFork() => !ResetOnFork ? this : IsRealTime ? default : this with { ResetOnFork = false };
}
