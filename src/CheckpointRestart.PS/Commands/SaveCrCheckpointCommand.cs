using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Saves the machine of a task, or the task alone: to an image file, or in memory.</summary>
[Cmdlet(VerbsData.Save, "CrCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = TaskSet), OutputType(typeof(CrCheckpoint))]
public sealed partial class SaveCrCheckpointCommand : TargetCommand, IJobCommand
{
    /// <summary>Never from the pipeline: a piped object's own path must not be written to.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    public CheckpointFormat Format { get; set; } = CheckpointFormat.Extended;

    /// <summary>The task with its descendants alone.</summary>
    [Parameter]
    public SwitchParameter Subtree { get; set; }

    /// <summary>Notes the machine's state hash in the image.</summary>
    [Parameter]
    public SwitchParameter RecordHash { get; set; }

    /// <summary>An image, or the path of one, of which only what has changed since is written.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object? Parent { get; set; }

    /// <summary>Images that are written beforehand while the machine runs, each the parent of the next.</summary>
    [Parameter]
    [ValidateRange(1, 16)]
    public int PreCopy { get; set; }

    [Parameter]
    public SwitchParameter Stop { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter Strict { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    CrTask? first;
    Checkpoint? parentFound, parentOpened;

    /// <summary>The whole machine is saved, and with -Stop ended.</summary>
    bool IsWhole => Format == CheckpointFormat.Extended && !Subtree;

    protected override void BeginProcessing()
    {
        RequireTarget();
        CheckExternal();
        if (Path is null && (Parent is not null || PreCopy > 0))
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"-{(Parent is not null ? nameof(Parent) : nameof(PreCopy))} is for images in files: checkpoints in memory share their pages anyway.", "Give -Path, or leave the parameter out."), null);
        if (Format == CheckpointFormat.Extended) return;
        if (Parent is not null || PreCopy > 0)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"-{(Parent is not null ? nameof(Parent) : nameof(PreCopy))} is for the format Extended: a v5 image has all of its pages.", "Leave one of the parameters out."), null);
        if (Subtree || RecordHash)
            Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"-{(Subtree ? nameof(Subtree) : nameof(RecordHash))} is for the format Extended: v5 carries a single task and no hash.", "Leave one of the parameters out."), null);
    }

    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var task in Targets!) Try(task, () => Save(task));
    }

    void Save(CrTask task)
    {
        var path = Path is null ? null : ResolveTarget(task);
        var action = (Stream is not null ? "Save a checkpoint to a stream" : path is null ? "Save a checkpoint in memory" : $"Save a checkpoint to '{path}'") + (!Stop ? "" : IsWhole ? " and end its machine" : " and end the task");
        if (!ShouldProcess(task.Label, action)) return;
        Lifecycle.RequireNotFailed(task);
        if (Stream is not null) RequireWritable(task);
        var machine = task.Machine.Kernel;
        using var rounds = new PreCopyRounds(path, Wanted);
        var parent = FindParent();
        for (int round = 1; round <= PreCopy; round++) parent = rounds.Take(task.Task, CaptureHow, parent, Cancellation);
        bool freeze = Stop && !task.HasExited && (IsWhole ? !machine.IsFrozen : task.State != CrTaskState.Frozen);
        // With -Stop the task must not run between its image and its end; should the save fail, it goes on.
        if (freeze && IsWhole) machine.Freeze();
        else if (freeze) machine.Freeze(task.Task);
        bool saved = false;
        try
        {
            var checkpoint = Checkpointer.Capture(task.Task, CaptureHow with { RecordHash = RecordHash });
            if (path is not null) Write(checkpoint, path, parent);
            else if (Stream is not null) WriteToStream(checkpoint);
            rounds.Keep();
            saved = true;
            if (Stop && IsWhole) Lifecycle.StopMachine(task);
            else if (Stop) Lifecycle.Kill(task);
            if (checkpoint.NotCarried.Count > 0)
                WriteWarning($"The image of {task.Label} leaves out: {string.Join("; ", checkpoint.NotCarried)}. See its NotCarried; -Strict refuses instead.");
            var result = new CrCheckpoint(checkpoint, task.Id);
            TellWritten(result);
            WriteObject(result);
        }
        finally
        {
            if (freeze && !saved && !task.HasExited && IsWhole) machine.Thaw();
            else if (freeze && !saved && !task.HasExited) machine.Thaw(task.Task);
        }
    }

    string ResolveTarget(CrTask task)
    {
        if (first is not null && first.Id != task.Id)
            throw new CrException("SeveralTasksOnePath", ErrorCategory.InvalidArgument, $"{Lifecycle.Sentence(first.Label)} was saved to '{ResolveNew(Path!)}': {task.Label} needs a path of its own.", "Save the tasks one by one, each to its own path.");
        string path = ResolveTarget(Path!, Force);
        first = task;
        return path;
    }

    /// <summary>What -Parent was given: a checkpoint, a file, or a path.</summary>
    Checkpoint? FindParent()
    {
        if (parentFound is not null || Parent is null) return parentFound;
        var given = Parent is PSObject wrapped ? wrapped.BaseObject : Parent;
        if (given is CrCheckpoint checkpoint) return parentFound = checkpoint.Checkpoint;
        string path = given is FileInfo file ? file.FullName : ResolveExisting(LanguagePrimitives.ConvertTo<string>(given), literal: true)[0];
        return parentFound = parentOpened = OpenImage(path, Protection, null);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) parentOpened?.Dispose();
        base.Dispose(disposing);
    }

    CaptureOptions CaptureHow => new() { Format = Format, Strict = Strict, Subtree = Subtree, AllowExternal = AllowExternal };

    void Write(Checkpoint checkpoint, string path, Checkpoint? parent)
    {
        // Beside its pages an image is small.
        using var progress = new ByteProgress(this, $"Saving {path}", checkpoint.PagesStored * 4100);
        Checkpointer.Write(checkpoint, path, new WriteOptions { Overwrite = Force, Parent = parent, Protection = Wanted }, progress, Cancellation);
    }
}
