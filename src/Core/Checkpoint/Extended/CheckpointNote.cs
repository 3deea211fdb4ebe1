using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>What an image says of the request that it answers: which task was named, and what the machine's state hash was.</summary>
internal sealed class CheckpointNote : IStateObject
{
    string IStateObject.StateKind => "checkpoint";

    /// <summary>The task that was saved; null when the machine itself was.</summary>
    public Task? Task { get; set; }

    /// <summary>It was saved with its descendants alone.</summary>
    public bool IsSubtree { get; set; }

    /// <summary>The regular file that the image was written to by a program of the machine, which has it open: it had not the image in it then.</summary>
    public RegularInode? Into { get; set; }

    /// <summary>The machine's full state hash; null when it was not asked for.</summary>
    public string? StateHash { get; set; }

    void IStateObject.Visit(StateVisitor visitor)
    {
        Task = visitor.Ref("task", Task);
        IsSubtree = visitor.Flag("subtree", IsSubtree);
        Into = visitor.Ref("into", Into);
        StateHash = visitor.Text("state-hash", StateHash, 64);
    }
}
