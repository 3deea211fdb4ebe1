using CheckpointRestart.Core.Checkpoint.Extended;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Many machines of one checkpoint.</summary>
public static class Copies
{
    /// <summary>A checkpoint in memory of what a checkpoint holds: every machine that is made of it shares its pages until it writes them. One that is in memory already is given back as it is.</summary>
    /// <param name="checkpoint">An Extended checkpoint; it stays the caller's.</param>
    /// <param name="options">How its machines will be restored: root, limits, changed files.</param>
    /// <exception cref="RestoreException">The image cannot be restored here.</exception>
    public static Checkpoint InMemory(Checkpoint checkpoint, RestoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        if (checkpoint.Extended is not { } image || image.Pages is FramePages) return checkpoint;
        var task = Restorer.Restore(checkpoint, options with { Suspended = true, LeaveUnbound = true, HostName = null, Reseed = null });
        using var machine = task.Machine;
        return Checkpointer.Capture(task, new CaptureOptions { Format = CheckpointFormat.Extended });
    }
}
