using System.Management.Automation;
using CheckpointRestart.Core.Files;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that looks into live tasks and images, and of these also at the files that their memory shows.</summary>
public abstract class InspectFilesCommand : InspectCommand
{
    /// <summary>Where the files of an image come from, as for Restore-CrCheckpoint.</summary>
    [Parameter]
    [RootTransformation]
    public CrRoot? Root { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>The same as options; null for what the image knows itself.</summary>
    private protected RootOptions? Files => FilesOf(Root, FilePath);

    /// <inheritdoc/>
    protected override void BeginProcessing() => RequireOneRoot(Root, FilePath);
}
