using CheckpointRestart.Core;
using CheckpointRestart.Core.Checkpoint;

namespace CheckpointRestart.PS.Objects;

/// <summary>Whether a task can be saved in a format, and what stands in the way.</summary>
public sealed class CrTaskTest
{
    /// <summary>The task.</summary>
    public required CrTask Task { get; init; }

    /// <summary>The format.</summary>
    public required CheckpointFormat Format { get; init; }

    /// <summary>True when it can be saved.</summary>
    public bool CanSave => Obstacles.Count == 0;

    /// <summary>Everything that stands in the way.</summary>
    public required IReadOnlyList<CrObstacle> Obstacles { get; init; }

    /// <summary>What the image would leave out.</summary>
    public required IReadOnlyList<NotCarriedItem> NotCarried { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Task} {(CanSave ? "can" : "cannot")} be saved as {Format}";
}

/// <summary>Something that keeps a task from being saved.</summary>
public sealed class CrObstacle
{
    internal CrObstacle(Obstacle obstacle, string action) => (Obstacle, Action) = (obstacle, action);

    /// <summary>The object, such as "descriptor 3 of task 12 (sh)".</summary>
    public string Object => Obstacle.ObjectName;

    /// <summary>Why, as the rest of a sentence about the object.</summary>
    public string Reason => Obstacle.Reason;

    /// <summary>What the system call returns for it.</summary>
    public Errno Errno => Obstacle.Errno;

    /// <summary>What to do about it.</summary>
    public string Action { get; }

    Obstacle Obstacle { get; }

    /// <inheritdoc/>
    public override string ToString() => Obstacle.ToString();
}
