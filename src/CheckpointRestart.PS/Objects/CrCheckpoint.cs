using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>A saved task: in memory, or an image file.</summary>
public sealed class CrCheckpoint
{
    Subject? subject;

    internal CrCheckpoint(Checkpoint checkpoint, int? taskId) => (Checkpoint, TaskId) = (checkpoint, taskId);

    /// <summary>The image file, or null for a checkpoint in memory.</summary>
    public string? Path => Checkpoint.Path;

    public CheckpointFormat Format => Checkpoint.Format;

    /// <summary>The task's name (comm).</summary>
    public string Name => Checkpoint.Image.Task.Comm;

    /// <summary>The task's pid in the guest.</summary>
    public int ProcessId => (int)Checkpoint.Image.ProcessId;

    /// <summary>The Id of the task that was saved; null for an image that was opened.</summary>
    public int? TaskId { get; }

    /// <summary>When it was saved.</summary>
    public DateTimeOffset Taken => Checkpoint.Taken;

    /// <summary>The image's length in bytes.</summary>
    public long Size => Checkpoint.Bytes;

    /// <summary>Pages that it stores.</summary>
    public long Pages => Checkpoint.PagesStored;

    /// <summary>How long the task was held; zero for an image that was opened.</summary>
    public TimeSpan Pause => Checkpoint.Pause;

    /// <summary>What the task had and the image leaves out.</summary>
    public IReadOnlyList<NotCarriedItem> NotCarried => Checkpoint.NotCarried.ToArray();

    /// <summary>What was odd about the image.</summary>
    public IReadOnlyList<string> Warnings => Checkpoint.Image.Warnings.Select(warning => $"{warning.Text} (at offset {warning.Offset})").ToArray();

    internal Checkpoint Checkpoint { get; }

    /// <summary>As messages name it.</summary>
    internal string Label => Path ?? $"checkpoint of {Name} in memory";

    internal Subject Subject => subject ??= new ImageSubject(Checkpoint, Label);

    /// <inheritdoc/>
    public override string ToString() => Label;
}
