using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel;

/// <content>Steps of one task. The machine runs as it always does, its other tasks included, and is frozen where the step ends:
/// a run in steps is the same run as one in a piece.</content>
public sealed partial class Machine
{
    StepWatch? step;

    /// <summary>Lets a task go on to a goal and freezes the machine there; where the goal is not reached, where that is known. Any thread but the machine's.</summary>
    /// <param name="task">A task of this machine; thawed for it.</param>
    /// <param name="goal">How far.</param>
    /// <param name="timeout">How long to wait; default for ever.</param>
    /// <param name="token">Ends the step: the machine is frozen at the instruction where it then is.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The machine has ended.</exception>
    /// <exception cref="LostPagesException">Memory that it needs cannot be read: see <see cref="Loss"/>.</exception>
    public StepEnd StepTask(Task task, StepGoal goal, TimeSpan timeout = default, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (timeout == default) timeout = Timeout.InfiniteTimeSpan;
        var watch = Execute(machine =>
        {
            var made = new StepWatch(task, goal);
            if (task.HasExited)
            {
                made.End = StepEnd.Ended;
                return made;
            }
            if (goal == StepGoal.Returned && !task.Call.IsActive)
            {
                made.End = StepEnd.Reached;
                machine.frozen = true;
                return made;
            }
            machine.Release(task);
            machine.LetRun();
            return machine.step = made;
        });
        try
        {
            WaitUntil(() => HasEnded || (watch.End != null && (state == MachineState.Frozen || !frozen)), timeout, token);
        }
        finally
        {
            if (watch.End == null && !HasEnded) Execute(machine => machine.EndStep(StepEnd.TimedOut));
        }
        RequireMemory();
        return watch.End ?? StepEnd.Ended;
    }

    /// <summary>Steps over what is next: a call until it has returned to its frame, a rep string instruction until it is done, a system call until it has
    /// returned or a signal's handler begins; anything else is one instruction. Any thread but the machine's.</summary>
    /// <inheritdoc cref="StepTask" path="/param|/exception"/>
    public StepEnd StepOver(Task task, TimeSpan timeout = default, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        long until = timeout == default || timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        var (goal, isCall) = Execute(_ => GoalOver(task));
        var end = StepTask(task, goal, timeout, token);
        if (end != StepEnd.Reached || !isCall || task.HasExited) return end;
        return StepTask(task, StepGoal.Returned, until == long.MaxValue ? default : TimeSpan.FromMilliseconds(Math.Max(until - Environment.TickCount64, 1)), token);
    }

    static (StepGoal Goal, bool IsSystemCall) GoalOver(Task task)
    {
        if (task.HasExited) return (StepGoal.Count(1), false);
        if (task.Call.IsActive) return (StepGoal.Returned, false);
        var registers = task.Registers!;
        var next = Disassembler.Next(registers, task.AddressSpace!);
        return next.Flow switch
        {
            InstructionFlow.Call or InstructionFlow.Repeat => (StepGoal.At(registers.Eip + (uint)next.Length, registers.Esp), false),
            InstructionFlow.SystemCall => (StepGoal.Count(1), true),
            _ => (StepGoal.Count(1), false),
        };
    }

    /// <summary>After each turn of the loop while a step is under way.</summary>
    void LookAtStep()
    {
        if (step!.IsCounted) EndStep(StepEnd.Reached);
        else if (step.Task.HasExited) EndStep(StepEnd.Ended);
    }

    void EndStep(StepEnd end)
    {
        if (step == null) return;
        frozen = liveTasks > 0;
        step.End = end;
        step = null;
        Announce();
    }
}
