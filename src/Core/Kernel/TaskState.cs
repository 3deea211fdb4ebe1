namespace CheckpointRestart.Core.Kernel;

/// <summary>What a task is doing.</summary>
public enum TaskState
{
    /// <summary>Runs or waits for its turn.</summary>
    Running,
    /// <summary>Waits inside a system call (<see cref="Task.Call"/>).</summary>
    Sleeping,
    /// <summary>Stopped by a signal, until SIGCONT.</summary>
    Stopped,
    /// <summary>Stopped by its tracer (<see cref="Ptrace.TraceState.Stop"/>), until that resumes it.</summary>
    Traced,
    /// <summary>Ended, and its parent has not yet asked for its status.</summary>
    Zombie,
    /// <summary>Gone.</summary>
    Dead,
}

/// <summary>What a machine is doing.</summary>
public enum MachineState
{
    /// <summary>A task runs.</summary>
    Running,
    /// <summary>All tasks wait for time or input, or there is none.</summary>
    Idle,
    /// <summary>Frozen from outside.</summary>
    Frozen,
    /// <summary>Stopped for good.</summary>
    Stopped,
    /// <summary>Ended by an error of its own: <see cref="Machine.Failure"/>.</summary>
    Failed,
}
