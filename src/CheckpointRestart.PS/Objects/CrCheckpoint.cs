using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Objects;

/// <summary>A saved task or machine: in memory, or an image file.</summary>
public sealed partial class CrCheckpoint
{
    readonly Dictionary<int, Subject> subjects = [];
    IReadOnlyList<CrImageTask>? tasks;
    IReadOnlyList<CrEdit>? edits;

    internal CrCheckpoint(Checkpoint checkpoint, int? taskId) => (Checkpoint, TaskId) = (checkpoint, taskId);

    /// <summary>The image file, or null for a checkpoint in memory.</summary>
    public string? Path => Checkpoint.Path;

    public CheckpointFormat Format => Checkpoint.Format;

    /// <summary>The name (comm) of the task that was saved.</summary>
    public string Name => Tasks.FirstOrDefault(task => task.ProcessId == ProcessId)?.Name ?? "";

    /// <summary>Its pid in the guest.</summary>
    public int ProcessId => Checkpoint.ProcessId;

    /// <summary>The Id of the task that was saved; null for an image that was opened.</summary>
    public int? TaskId { get; }

    /// <summary>All tasks that it has: one in a v5 image, all of the machine in an Extended one.</summary>
    public IReadOnlyList<CrImageTask> Tasks => tasks ??= Checkpoint.Tasks.Select(task => new CrImageTask(this, task)).ToArray();

    /// <summary>When it was saved.</summary>
    public DateTimeOffset Taken => Checkpoint.Taken;

    /// <summary>The image's length in bytes; 0 in memory.</summary>
    public long Size => Checkpoint.Bytes;

    /// <summary>Pages that it stores.</summary>
    public long PagesStored => Checkpoint.PagesStored;

    /// <summary>Pages that are all zero and take no room; known once it was written.</summary>
    public long PagesZero => Checkpoint.PagesZero;

    /// <summary>Pages that are the parent image's and take no room here; known once it was written.</summary>
    public long PagesUnchanged => Checkpoint.PagesInherited;

    /// <summary>The image that it builds on, as far as that is known; null for a whole image.</summary>
    public string? ParentPath => Checkpoint.ParentPath;

    /// <summary>Images that it takes to restore it: 1 for a whole image.</summary>
    public int ChainLength => Checkpoint.ChainLength;

    /// <summary>How long the machine was held; zero for an image that was opened.</summary>
    public TimeSpan Pause => Checkpoint.Pause;

    /// <summary>How long the writing took; zero in memory, and for an image that was opened.</summary>
    public TimeSpan Duration => Checkpoint.WriteTime;

    /// <summary>Bytes written in a second; 0 in memory, and for an image that was opened.</summary>
    public double Throughput => Duration > TimeSpan.Zero ? Size / Duration.TotalSeconds : 0;

    /// <summary>The machine's full state hash when it was saved, where -RecordHash asked for it.</summary>
    public string? StateHash => Checkpoint.StateHash;

    /// <summary>SHA-256 of the image's structure, by which others name it; null for v5, and in memory.</summary>
    public string? Identity => Checkpoint.Extended is { Identity.Length: > 0 } image ? Convert.ToHexStringLower(image.Identity.Span) : null;

    /// <summary>Of a subtree saved with -AllowExternal: what led out of it, each to be bound at restore.</summary>
    public IReadOnlyList<string> External => Checkpoint.External.ToArray();

    /// <summary>The changes that it was made by, the oldest first; none for an image that was taken as it is, and for v5, which has no place for them.</summary>
    public IReadOnlyList<CrEdit> Edits => edits ??= Core.Checkpoint.Editing.ImageEditor.EditsOf(Checkpoint).Select(static edit => new CrEdit(edit)).ToArray();

    /// <summary>What the task had and the image leaves out.</summary>
    public IReadOnlyList<NotCarriedItem> NotCarried => Checkpoint.NotCarried.ToArray();

    /// <summary>What was odd about the image.</summary>
    public IReadOnlyList<string> Warnings => Checkpoint.Extended != null ? Array.Empty<string>() : Checkpoint.Image.Warnings.Select(warning => $"{warning.Text} (at offset {warning.Offset})").ToArray();

    internal Checkpoint Checkpoint { get; }

    /// <summary>As messages name it.</summary>
    internal string Label => Path ?? $"checkpoint of {GuestText.ForDisplay(Name)} in memory";

    internal Subject Subject => SubjectOf(null);

    /// <summary>One of its tasks, to look into; null for the one that was saved.</summary>
    internal Subject SubjectOf(int? pid)
    {
        int number = pid ?? ProcessId;
        if (!subjects.TryGetValue(number, out var subject))
            subjects.Add(number, subject = new ImageSubject(Checkpoint, number == ProcessId ? Label : $"{Label}, task {number}", number));
        return subject;
    }

    /// <summary>An object of an Extended image.</summary>
    internal CrObject ObjectOf(ExtendedObject item) => CrObject.Of(item, Label);

    /// <inheritdoc/>
    public override string ToString() => Label;
}
