using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint.Measuring;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>Tells where the bytes of images went.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "CrCheckpoint", DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrCheckpointShare))]
public sealed class MeasureCrCheckpointCommand : ImageCommand, IJobCommand
{
    /// <summary>How the bytes are divided.</summary>
    [Parameter]
    public ImageDivision By { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    protected override void Process(CrCheckpoint checkpoint)
    {
        var shares = ImageMeasure.Divide(checkpoint.Checkpoint, By, Cancellation);
        long all = shares.Sum(static share => share.Bytes);
        foreach (var share in shares) WriteObject(new CrCheckpointShare(share, all, checkpoint.Label));
    }
}
