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

    /// <exception cref="CrException">The machine has ended with an error of its own.</exception>
    internal static void RequireNotFailed(CrTask task)
    {
        if (task.Machine.Failure is { } failure)
            throw new CrException("MachineFailed", ErrorCategory.InvalidOperation, $"The machine of {task.Label} has ended: {failure.Message}", "Remove-CrTask removes it; a checkpoint that was saved before can be restored.", failure);
    }

    /// <summary>Sends a signal and, when it is SIGKILL, waits until the task is dead.</summary>
    internal static void Kill(CrTask task, CancellationToken token)
    {
        var machine = task.Machine.Kernel;
        if (task.HasExited) return;
        machine.SendSignal(task.Task, Signal.SIGKILL);
        // A dying task runs kernel code only, so it may be let go; a frozen machine would never get there.
        machine.Thaw(task.Task);
        machine.WaitForExit(task.Task, default, token);
    }

    internal static string Sentence(string label) => char.ToUpperInvariant(label[0]) + label[1..];
}
