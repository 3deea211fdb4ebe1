using System.Management.Automation;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.Pictures.Html;

namespace CheckpointRestart.PS.Commands;

public sealed partial class ExportCrCheckpointCommand
{
    /// <summary>HTML that shows what has changed since this: a checkpoint, a live task, or the path of an image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object? ReferenceObject { get; set; }

    CrCheckpoint? reference;

    /// <summary>Refuses what only another format has.</summary>
    protected override void BeginProcessing()
    {
        if (ReferenceObject != null && Format != CrExportFormat.Html) Refuse(nameof(ReferenceObject), CrExportFormat.Html);
        if (ProcessId != null && Format == CrExportFormat.Html) Refuse(nameof(ProcessId), CrExportFormat.Core);
    }

    void Refuse(string parameter, CrExportFormat format) =>
        Fail(new CrException("ParameterConflict", ErrorCategory.InvalidArgument, $"-{parameter} belongs to -Format {format}.", $"Leave -{parameter} out, or export with -Format {format}."), Format);

    void WriteHtml(CrCheckpoint checkpoint)
    {
        if (ReferenceObject != null) reference ??= FindCheckpoint(ReferenceObject, checkpoint.Format);
        var options = new PageOptions
        {
            Label = LabelOf(checkpoint),
            Files = FilesOf(Root, FilePath),
            Reference = reference?.Checkpoint,
            ReferenceLabel = reference == null ? "" : LabelOf(reference),
        };
        if (IncludePages) options = options with { MostContentBytes = long.MaxValue };
        Write(DestinationPath, checkpoint.ToString(), stream => CheckpointPage.Write(checkpoint.Checkpoint, stream, options, Cancellation));
    }

    /// <summary>A page is given to others: it says no more of the host than the file's name.</summary>
    static string LabelOf(CrCheckpoint checkpoint) => checkpoint.Path is { } path ? System.IO.Path.GetFileName(path) : checkpoint.Label;
}
