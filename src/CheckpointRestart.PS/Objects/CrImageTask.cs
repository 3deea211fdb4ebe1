using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.PS.Objects;

/// <summary>A task of an image.</summary>
public sealed class CrImageTask
{
    readonly ImageTask task;

    internal CrImageTask(CrCheckpoint checkpoint, ImageTask task) => (Checkpoint, this.task) = (checkpoint, task);

    /// <summary>Its pid in the guest.</summary>
    public int ProcessId => task.Pid;

    /// <summary>The pid of its process: another one's for a thread.</summary>
    public int ThreadGroupId => task.ThreadGroupId;

    /// <summary>The parent's pid in the guest; 0 when there is none.</summary>
    public int ParentProcessId => task.ParentPid;

    /// <summary>Its name (comm).</summary>
    public string Name => task.Comm;

    /// <summary>What it was doing.</summary>
    public TaskState State => task.State;

    /// <summary>It is the one that was saved.</summary>
    public bool IsSaved => Checkpoint.ProcessId == ProcessId;

    /// <summary>The checkpoint that it is in.</summary>
    public CrCheckpoint Checkpoint { get; }

    /// <inheritdoc/>
    public override string ToString() => GuestText.ForDisplay(task.ToString());
}
