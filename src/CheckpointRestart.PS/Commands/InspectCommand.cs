using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that looks into live tasks and into images alike.</summary>
public abstract partial class InspectCommand : TargetCommand
{
    internal const string CheckpointSet = "Checkpoint", PathSet = "Path", LiteralPathSet = "LiteralPath", ImageTaskSet = "ImageTask";

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNullOrEmpty]
    public CrCheckpoint[]? Checkpoint { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>Tasks of checkpoints.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ImageTaskSet)]
    [ValidateNotNullOrEmpty]
    public CrImageTask[]? ImageTask { get; set; }

    /// <summary>Which task of an image.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ImagePidCompleter))]
    public int? ProcessId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var task in Targets ?? []) Try(task, () => Inspect(task.Subject));
        switch (ParameterSetName)
        {
            case TaskSet or IdSet or NameSet or PropertySet: break;
            case CheckpointSet:
                foreach (var checkpoint in Checkpoint!) Try(checkpoint, () => Inspect(checkpoint.SubjectOf(ProcessId)));
                break;
            case ImageTaskSet:
                foreach (var task in ImageTask!) Try(task, () => Inspect(task.Checkpoint.SubjectOf(task.ProcessId)));
                break;
            case PathSet: ForEachFile(null, Path, InspectFile); break;
            case LiteralPathSet: ForEachFile(LiteralPath, null, InspectFile); break;
            default: InspectOther(); break;
        }
    }

    /// <summary>Writes what there is to see.</summary>
    private protected abstract void Inspect(Subject subject);

    /// <summary>Called for a parameter set of the derived cmdlet's own.</summary>
    private protected virtual void InspectOther()
    {
    }

    /// <summary>Opens an image file to look into it.</summary>
    private protected virtual void InspectFile(string path)
    {
        // Closed by its finalizer at the latest: what is written may read pages later.
        var checkpoint = new CrCheckpoint(OpenImage(path, Protection, TrustedSigner), null);
        Inspect(checkpoint.SubjectOf(ProcessId));
    }
}
