using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Makes one whole image of an increment and those that it builds on.</summary>
[Cmdlet(VerbsData.Merge, "CrCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrCheckpoint))]
public sealed class MergeCrCheckpointCommand : ImageCommand, IJobCommand
{
    /// <summary>The new image file; with -Force it may be one of the chain.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string DestinationPath { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    protected override void Process(CrCheckpoint checkpoint)
    {
        string path = ResolveTarget(DestinationPath, Force);
        if (!ShouldProcess(checkpoint.ToString(), $"Merge {checkpoint.ChainLength} {(checkpoint.ChainLength == 1 ? "image" : "images")} to '{path}'")) return;
        using var progress = new ByteProgress(this, $"Merging to {path}", checkpoint.PagesStored * 4100);
        var result = new CrCheckpoint(Checkpointer.Merge(checkpoint.Checkpoint, path, Force, progress, Cancellation), null);
        TellWritten(result);
        WriteObject(result);
    }
}
