namespace CheckpointRestart.Core.Files;

/// <content>Advisory locks.</content>
public sealed partial class FileTree
{
    /// <summary>The machine's advisory locks.</summary>
    public LockTable Locks { get; } = new();
}
