namespace CheckpointRestart.Core.Checkpoint;

/// <summary>An image format.</summary>
public enum CheckpointFormat
{
    /// <summary>The original's format, revision 2, exact to the byte (docs/image-format.md).</summary>
    V5,
    /// <summary>Whole machines, everything that they hold (docs/image-format.md).</summary>
    Extended,
}

/// <summary>How a checkpoint is taken.</summary>
public sealed record CaptureOptions
{
    /// <summary>The format whose rules say what is carried.</summary>
    public CheckpointFormat Format { get; init; }

    /// <summary>True refuses what would otherwise only be listed as not carried.</summary>
    public bool Strict { get; init; }

    /// <summary>Extended: the task with its descendants alone, not the whole machine. What others hold of it, or it of others, is refused.</summary>
    public bool Subtree { get; init; }

    /// <summary>With <see cref="Subtree"/>: ends of pipes, sockets and terminals that others have are left open, and bound at restore (<see cref="RestoreOptions.Bind"/>).
    /// Open files that others have too become two.</summary>
    public bool AllowExternal { get; init; }

    /// <summary>Extended: the image notes the machine's state hash, so that a restored one can be compared. The machine stands still while all its memory is hashed.</summary>
    public bool RecordHash { get; init; }
}

/// <summary>Something that the task has and the image leaves out.</summary>
/// <param name="Kind">What it is, in one word: SignalHandlers, SignalMask, PendingSignals, WorkingDirectory, FileMode (umask), Timers, BlockedCall, ...</param>
/// <param name="Text">Which one, as a phrase.</param>
public sealed record NotCarriedItem(string Kind, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Something that keeps a task from being saved in a format.</summary>
/// <param name="Errno">What the original's call returns for it.</param>
/// <param name="ObjectName">The object, such as "descriptor 3 of task 12 (sh)".</param>
/// <param name="Reason">Why, as the rest of a sentence about the object: "is a pipe: v5 carries regular files, directories and symlinks".</param>
public sealed record Obstacle(Errno Errno, string ObjectName, string Reason)
{
    /// <summary>Of something that has come to its end, from which nothing could be restored.</summary>
    internal static Obstacle Ended(string objectName) => new(Errno.EAGAIN, objectName, "has ended");

    /// <inheritdoc/>
    public override string ToString() => $"{ObjectName} {Reason}";
}
