using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <content>Who waits for input.</content>
public sealed partial class Machine
{
    /// <summary>Between two looks at a machine that has told nothing.</summary>
    const int LookAgain = 10;

    /// <summary>Waits until programs have done all that the input so far makes them do, and wait for more: no task can run, and standard input, or the task's terminal, is read by somebody. Any thread but
    /// the machine's.</summary>
    /// <param name="task">Whose terminal it is; a task without one reads the machine's standard input.</param>
    /// <param name="timeout">How long to wait; default for ever.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>True when they wait for input; false when the task ended, the machine was frozen or lost memory, or after the time.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool WaitForInput(Task task, TimeSpan timeout = default, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        long end = timeout == default || timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        using var registration = token.Register(() => { lock (gate) Monitor.PulseAll(gate); });
        while (!HasEnded && !task.Latest.HasExited && !task.Latest.IsHeld && !frozen && Loss == null)
        {
            token.ThrowIfCancellationRequested();
            try
            {
                if (Execute(machine => machine.IsInputAwaited(task))) return true;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
            long left = end - Environment.TickCount64;
            if (left <= 0) return false;
            lock (gate) Monitor.Wait(gate, (int)Math.Min(left, LookAgain));
        }
        return false;
    }

    bool IsInputAwaited(Task task)
    {
        foreach (var one in Tasks)
            if (one.State == TaskState.Running && !one.IsHeld) return false;
        return FindTerminal(task) is { } terminal ? !terminal.Slave.ReadWait.IsEmpty : !Streams.QueueOf(StreamKind.Input).IsEmpty && Streams.Unread(StreamKind.Input) == 0;
    }
}
