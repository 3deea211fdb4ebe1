namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>Compares checkpoints.</summary>
public static class ImageComparer
{
    /// <summary>All that tells two checkpoints apart, machine-wide when both are of a machine, else of the one task.</summary>
    /// <param name="first">What it was.</param>
    /// <param name="second">What it is.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="Image.CheckpointImageException">A page is damaged.</exception>
    /// <exception cref="RestoreException">ESRCH: one of them is of a task that the other does not have.</exception>
    public static IReadOnlyList<ImageDifference> Compare(Checkpoint first, Checkpoint second, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Extended is { } one && second.Extended is { } other) return new ObjectComparison(one, other, cancellation).Run();
        int pid = first.Extended == null ? first.ProcessId : second.ProcessId;
        return new TaskComparison(first.ViewOf(pid), second.ViewOf(pid), cancellation).Run();
    }
}
