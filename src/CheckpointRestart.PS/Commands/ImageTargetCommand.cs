using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>A cmdlet that takes tasks, and images or tasks of them alike: as objects or by path.</summary>
public abstract class ImageTargetCommand : TargetCommand
{
    internal const string CheckpointSet = "Checkpoint", PathSet = "Path", LiteralPathSet = "LiteralPath", ImageTaskSet = "ImageTask";

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNullOrEmpty]
    public CrCheckpoint[]? Checkpoint { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public virtual string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>Tasks of checkpoints.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ImageTaskSet)]
    [ValidateNotNullOrEmpty]
    public virtual CrImageTask[]? ImageTask { get; set; }

    /// <summary>Which task of an image.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ImagePidCompleter))]
    public int? ProcessId { get; set; }
}
