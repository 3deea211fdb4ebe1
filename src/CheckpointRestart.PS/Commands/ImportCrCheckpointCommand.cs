using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Makes checkpoints of the JSON that Export-CrCheckpoint writes, edited or not.</summary>
[Cmdlet(VerbsData.Import, "CrCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrCheckpoint))]
public sealed class ImportCrCheckpointCommand : OpeningCommand
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InspectCommand.PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InspectCommand.LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>The image file to make; none for a checkpoint in memory.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DestinationPath { get; set; }

    /// <summary>The image that the JSON was made from, for JSON without the contents of pages.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PagesFrom { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    string? first;

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForEachFile(LiteralPath, Path, Import);

    void Import(string path)
    {
        string? target = DestinationPath is null ? null : TargetOf(path);
        if (!ShouldProcess(path, target is null ? "Import a checkpoint into memory" : $"Import a checkpoint to '{target}'")) return;
        var checkpoint = new Checkpoint(Read(path));
        try
        {
            if (target is not null) Checkpointer.Write(checkpoint, target, Force, null, Cancellation);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        WriteObject(new CrCheckpoint(checkpoint, null));
    }

    ExtendedImage Read(string path)
    {
        var original = PagesFrom is null ? null : OpenImage(ResolveExisting(PagesFrom, literal: true)[0]);
        if (original is { Extended: null })
        {
            original.Dispose();
            throw new CrException("NoObjects", ErrorCategory.InvalidArgument, $"'{PagesFrom}' is a v5 image: the JSON was not made from it.", "Give the Extended image that was exported.");
        }
        try
        {
            using var file = File.OpenRead(path);
            return ImageJsonReader.Read(file, original?.Extended);
        }
        catch (ImageJsonException e)
        {
            original?.Dispose();
            bool needsPages = e.JsonPath == "pages" && original is null;
            throw new CrException("InvalidJson", ErrorCategory.InvalidData, $"'{path}' is no image: {e.Message}.", needsPages ? "Give the image with -PagesFrom, or export with -IncludePages." : "Export-CrCheckpoint shows what an image has there.");
        }
        catch
        {
            original?.Dispose();
            throw;
        }
    }

    string TargetOf(string source)
    {
        if (first is not null && first != source)
            throw new CrException("SeveralFilesOnePath", ErrorCategory.InvalidArgument, $"'{first}' was imported to '{DestinationPath}': '{source}' needs a path of its own.", "Import the files one by one.");
        string path = ResolveTarget(DestinationPath!, Force);
        first = source;
        return path;
    }
}
