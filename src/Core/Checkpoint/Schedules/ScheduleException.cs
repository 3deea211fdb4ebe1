namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>Why a schedule cannot be had.</summary>
public enum ScheduleProblem
{
    /// <summary>The file that describes it breaks a rule.</summary>
    InvalidFile,
    /// <summary>Another process, or another schedule of this one, works with it.</summary>
    InUse,
    /// <summary>There is none of its images that can be restored.</summary>
    NoGoodImage,
    /// <summary>A schedule of this name is in the directory already.</summary>
    Exists,
    /// <summary>Its images are encrypted, and no key was given.</summary>
    KeyNeeded,
    /// <summary>Its images are signed, and no certificate was given that signs the next ones.</summary>
    SignerNeeded,
}

/// <summary>A schedule cannot be made or gone on with: the message is a sentence that names it.</summary>
public sealed class ScheduleException(ScheduleProblem problem, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Which kind it is.</summary>
    public ScheduleProblem Problem { get; } = problem;
}
