using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The numbers that checkpoint(2) gives: each once in a machine's life.</summary>
internal sealed class CheckpointIdentifiers : IStateObject
{
    int last;

    public int Take() => ++last;

    string IStateObject.StateKind => "checkpoint-identifiers";

    void IStateObject.Visit(StateVisitor visitor) => last = visitor.Int("last", last, 0);
}
