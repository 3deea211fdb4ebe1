using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that looks into live tasks and into images alike.</summary>
public abstract partial class InspectCommand : ImageTargetCommand
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[]? Path { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ImageTaskSet)]
    [ValidateNotNullOrEmpty]
    public override CrImageTask[]? ImageTask { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        if (Targets is { } tasks)
        {
            foreach (var task in tasks) Try(task, () => Inspect(task.Subject));
            return;
        }
        switch (ParameterSetName)
        {
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
