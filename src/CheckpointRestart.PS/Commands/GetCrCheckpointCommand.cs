using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>Opens image files.</summary>
[Cmdlet(VerbsCommon.Get, "CrCheckpoint", DefaultParameterSetName = "Path"), OutputType(typeof(CrCheckpoint))]
public sealed class GetCrCheckpointCommand : OpeningCommand
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    protected override void ProcessRecord() => ForEachFile(LiteralPath, Path, Open);

    void Open(string path)
    {
        Cancellation.ThrowIfCancellationRequested();
        var checkpoint = new CrCheckpoint(OpenImage(path), null);
        Drives.ImageList.Add(checkpoint, AccessOf(Protection, TrustedSigner));
        foreach (string warning in checkpoint.Warnings) WriteWarning($"{path}: {warning}");
        WriteObject(checkpoint);
    }
}
