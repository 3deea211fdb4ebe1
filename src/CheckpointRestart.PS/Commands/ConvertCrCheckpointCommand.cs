using System.Management.Automation;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Commands;

/// <summary>Writes a checkpoint in another format, where its content allows that.</summary>
[Cmdlet(VerbsData.Convert, "CrCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = InspectCommand.PathSet), OutputType(typeof(CrCheckpoint))]
public sealed class ConvertCrCheckpointCommand : ImageMachineCommand, IJobCommand
{
    /// <summary>The new image file; null for memory.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DestinationPath { get; set; }

    [Parameter(Mandatory = true)]
    public CheckpointFormat Format { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Makes an error of what would be left out.</summary>
    [Parameter]
    public SwitchParameter Strict { get; set; }

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    protected override void Process(CrCheckpoint checkpoint)
    {
        string? path = DestinationPath is null ? null : ResolveTarget(DestinationPath, Force);
        if (!ShouldProcess(checkpoint.ToString(), $"Convert to {Format}{(path is null ? " in memory" : $", to '{path}'")}")) return;
        var others = checkpoint.Tasks.Where(static task => !task.IsSaved).ToArray();
        if (Format == CheckpointFormat.V5 && others.Length > 0)
            throw new CheckpointRefusedException([.. others.Select(static task => new Obstacle(Errno.EBUSY, $"task {task}", "is in the image too: v5 carries a single task"))]);
        var restored = Restorer.Restore(checkpoint.Checkpoint, Frozen);
        using var machine = restored.Machine;
        var made = Checkpointer.Capture(restored, new CaptureOptions { Format = Format, Strict = Strict });
        if (path is not null) Checkpointer.Write(made, path, new WriteOptions { Overwrite = Force, Protection = checkpoint.Checkpoint.LikeProtection }, cancellation: Cancellation);
        if (made.NotCarried.Count > 0) WriteWarning($"The new image leaves out: {string.Join("; ", made.NotCarried)}. -Strict refuses instead.");
        var result = new CrCheckpoint(made, null);
        TellWritten(result);
        WriteObject(result);
    }
}
