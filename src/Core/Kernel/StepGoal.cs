namespace CheckpointRestart.Core.Kernel;

/// <summary>How far a task is stepped (<see cref="Machine.StepTask"/>).</summary>
public readonly record struct StepGoal
{
    /// <summary>Instructions that the task retires; each iteration of a rep string instruction is one. 0 when that does not end the step.</summary>
    public ulong Instructions { get; private init; }

    /// <summary>The EIP in front of which the step ends; null when no address ends it.</summary>
    public uint? Address { get; private init; }

    /// <summary>At <see cref="Address"/> only an ESP of this or more counts: that of the frame, not of a deeper call.</summary>
    public uint LowestStack { get; private init; }

    /// <summary>A number of instructions.</summary>
    public static StepGoal Count(ulong instructions) => new() { Instructions = Math.Max(instructions, 1) };

    /// <summary>The next arrival at an address, at least one instruction from here.</summary>
    public static StepGoal At(uint address, uint lowestStack = 0) => new() { Address = address, LowestStack = lowestStack };

    /// <summary>The end of the system call that the task is in: its return, or a signal's handler.</summary>
    public static StepGoal Returned { get; }
}

/// <summary>Why a step ended.</summary>
public enum StepEnd
{
    /// <summary>The goal is reached.</summary>
    Reached,
    /// <summary>The task ended before the goal.</summary>
    Ended,
    /// <summary>The task waits, and nothing in its machine will wake it: neither a timer nor another task.</summary>
    Waits,
    /// <summary>The time is over.</summary>
    TimedOut,
}

/// <summary>A step that is under way. On the machine's thread.</summary>
internal sealed class StepWatch(Task task, StepGoal goal)
{
    readonly ulong begun = task.Instructions;

    public Task Task { get; } = task;

    public StepGoal Goal { get; } = goal;

    /// <summary>Why it ended; null while it has not. Any thread.</summary>
    public StepEnd? End { get; set; }

    /// <summary>Instructions that the task may still retire.</summary>
    public ulong Left => Goal.Instructions == 0 ? ulong.MaxValue : Goal.Instructions - (Task.Instructions - begun);

    /// <summary>True once the task has retired what was asked for.</summary>
    public bool IsCounted => Left == 0;

    /// <summary>True when a task that is about to go on in user mode is where it was to get.</summary>
    public bool IsReached(Task candidate)
    {
        if (!ReferenceEquals(candidate, Task) || Goal.Instructions != 0) return false;
        if (Goal.Address is not { } address) return true;
        var registers = Task.Registers!;
        return Task.Instructions > begun && registers.Eip == address && registers.Esp >= Goal.LowestStack;
    }
}
