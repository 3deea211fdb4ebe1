using System.Management.Automation;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>What several cmdlets do to a task.</summary>
static class Lifecycle
{
    /// <exception cref="CrException">The task has ended.</exception>
    internal static void RequireAlive(CrTask task)
    {
        RequireNotFailed(task);
        if (task.HasExited)
            throw new CrException("TaskEnded", ErrorCategory.InvalidOperation, $"{Sentence(task.Label)} has ended.", "Get-CrTask shows the exit code; Remove-CrTask removes it.");
    }

    /// <exception cref="CrException">The task has ended, or runs.</exception>
    internal static void RequireFrozen(CrTask task)
    {
        RequireAlive(task);
        if (!task.Task.IsFrozen)
            throw new CrException("TaskNotFrozen", ErrorCategory.InvalidOperation, $"{Sentence(task.Label)} runs: only a frozen task can be stepped or changed.", "Suspend-CrTask freezes it.");
    }

    /// <exception cref="CrException">The machine has ended with an error of its own, or is frozen for good.</exception>
    internal static void RequireNotFailed(CrTask task)
    {
        RequireMemory(task);
        if (task.Machine.Kernel.Failure is { } failure)
            throw new CrException("MachineFailed", ErrorCategory.InvalidOperation, $"The machine of {task.Label} has ended: {failure.Message}", "Remove-CrTask removes it; a checkpoint that was saved before can be restored.", failure);
    }

    /// <exception cref="CrException">The machine is frozen for good: its image is damaged where it is read.</exception>
    internal static void RequireMemory(CrTask task)
    {
        if (task.HasExited || task.Machine.Kernel.Loss is not { } loss) return;
        throw new CrException("MemoryLost", ErrorCategory.InvalidData, $"The machine of {task.Label} is frozen and cannot go on: {loss.Message}", Errors.AboutLoss, loss);
    }

    /// <summary>Ends a task at once.</summary>
    internal static void Kill(CrTask task)
    {
        if (!task.HasExited) UnlessEnded(task.Machine, machine => machine.Kill(task.Task));
    }

    /// <summary>Ends all that runs in a task's machine.</summary>
    internal static void StopMachine(CrTask task) => UnlessEnded(task.Machine, static machine =>
    {
        machine.KillAll();
        // They are free for the next one: for the machine that is made of the image, for the same program started again.
        machine.ClosePorts();
    });

    /// <summary>Ends a task at once, and with the first of a machine all that runs there, as a container ends with its init.</summary>
    internal static void Stop(CrTask task)
    {
        if (task.IsFirst) StopMachine(task);
        else Kill(task);
    }

    /// <summary>Does it unless the machine ends, or has ended: then nothing is left of it.</summary>
    static void UnlessEnded(CrMachine machine, Action<Machine> action)
    {
        if (machine.Kernel.HasEnded) return;
        try
        {
            action(machine.Kernel);
        }
        catch (ObjectDisposedException) when (machine.Kernel.HasEnded)
        {
        }
    }

    internal static string Sentence(string label) => char.ToUpperInvariant(label[0]) + label[1..];
}
