using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The numbers that checkpoint(2) gives: each once in a machine's life.</summary>
internal sealed class CheckpointIdentifiers : IStateObject
{
    /// <summary>The one that was given last.</summary>
    public int Last { get; set; }

    public int Take() => ++Last;

    string IStateObject.StateKind => "checkpoint-identifiers";

    void IStateObject.Visit(StateVisitor visitor) => Last = visitor.Int("last", Last, 0);
}
