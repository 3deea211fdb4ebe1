using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Says beforehand whether tasks can be saved, and lists everything that stands in the way.</summary>
[Cmdlet(VerbsDiagnostic.Test, "CrTask", DefaultParameterSetName = TaskSet), OutputType(typeof(CrTaskTest))]
public sealed class TestCrTaskCommand : TaskCommand
{
    [Parameter]
    public CheckpointFormat Format { get; set; } = CheckpointFormat.Extended;

    /// <summary>The task with its descendants alone.</summary>
    [Parameter]
    public SwitchParameter Subtree { get; set; }

    protected override void Process(CrTask task)
    {
        Lifecycle.RequireNotFailed(task);
        IReadOnlyList<Obstacle> obstacles = [];
        IReadOnlyList<NotCarriedItem> notCarried = [];
        try
        {
            using var checkpoint = Checkpointer.Capture(task.Task, new CaptureOptions { Format = Format, Subtree = Subtree && Format == CheckpointFormat.Extended });
            notCarried = checkpoint.NotCarried;
        }
        catch (CheckpointRefusedException refused)
        {
            obstacles = refused.Obstacles;
        }
        WriteObject(new CrTaskTest
        {
            Task = task,
            Format = Format,
            Obstacles = obstacles.Select(static obstacle => new CrObstacle(obstacle, Errors.Advice(obstacle))).ToArray(),
            NotCarried = notCarried.ToArray(),
        });
    }
}
