namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>What becomes of a schedule's machine.</summary>
public enum ScheduleState
{
    /// <summary>It runs, or is frozen, and images are taken.</summary>
    Running,
    /// <summary>It has crashed, or its host has died, and comes back after a wait.</summary>
    Waiting,
    /// <summary>All its programs have ended.</summary>
    Ended,
    /// <summary>It has crashed, and does not come back: it was not asked for, came too often, or there is no good image.</summary>
    Failed,
    /// <summary>It was saved a last time and ended: its newest image is all that it was.</summary>
    Parked,
    /// <summary>No more images are taken of it.</summary>
    Stopped,
}

/// <summary>An image of a schedule, as the file beside the images notes it before the image is written.</summary>
public sealed record ScheduleImage
{
    /// <summary>Counts up with every image; part of the file's name.</summary>
    public required long Sequence { get; init; }

    /// <summary>The sequence of the image that this one builds on; null for a full one.</summary>
    public long? Parent { get; init; }

    /// <summary>The machine's count when it was taken.</summary>
    public ulong Instructions { get; init; }

    /// <summary>When it was taken, by the host's clock.</summary>
    public DateTimeOffset Taken { get; init; }

    /// <summary>Bytes of standard output that had left the machine for good when it was taken; null where nobody counts them.</summary>
    public long? Output { get; init; }

    /// <summary>As <see cref="Output"/>, of standard error.</summary>
    public long? Error { get; init; }
}

/// <summary>The small file beside the images: all that another process needs to go on.</summary>
public sealed record ScheduleRecord
{
    /// <summary>What was asked for.</summary>
    public required ScheduleSettings Settings { get; init; }

    /// <summary>What became of the machine, when the file was last written.</summary>
    public ScheduleState State { get; init; }

    /// <summary>The exit code of its first program, once that has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Its images, oldest first. One whose file is missing was never completed.</summary>
    public IReadOnlyList<ScheduleImage> Images { get; init; } = [];
}
