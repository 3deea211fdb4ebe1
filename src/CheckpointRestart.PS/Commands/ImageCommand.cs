using System.Management.Automation;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that works on checkpoints: objects, or image files. One bad image does not stop the others.</summary>
public abstract class ImageCommand : OpeningCommand
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InspectCommand.CheckpointSet)]
    [ValidateNotNullOrEmpty]
    public CrCheckpoint[]? Checkpoint { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InspectCommand.PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InspectCommand.LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (GoesToJob()) return;
        foreach (var checkpoint in Checkpoint ?? []) Try(checkpoint, () => Process(checkpoint));
        ForEachFile(LiteralPath, Path, ProcessFile);
    }

    /// <summary>Works on one checkpoint.</summary>
    protected abstract void Process(CrCheckpoint checkpoint);

    /// <summary>Opens a file and works on it.</summary>
    protected virtual void ProcessFile(string path) => Process(new CrCheckpoint(OpenImage(path), null));
}

/// <summary>A cmdlet that makes a throw-away machine of a checkpoint.</summary>
public abstract class ImageMachineCommand : ImageCommand
{
    /// <summary>Where the files of an image come from, as for Restore-CrCheckpoint.</summary>
    [Parameter]
    [Completion.RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>Takes files of the root as they are now.</summary>
    [Parameter]
    public SwitchParameter AllowChangedFiles { get; set; }

    /// <summary>How a machine is made of an image to look at: frozen.</summary>
    private protected Core.Checkpoint.RestoreOptions Frozen => new() { Root = FilesOf(Root, FilePath), Suspended = true, AllowChangedFiles = AllowChangedFiles, LeaveUnbound = true };
}
