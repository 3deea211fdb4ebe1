using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint.Editing;

/// <summary>What an image says of how it was made by changing another one, the oldest change first.</summary>
internal sealed class EditNote : IStateObject
{
    /// <summary>The most changes that are kept, and the longest words for one.</summary>
    public const int MostEdits = 4096, LongestChange = 1024;

    const int IdentityLength = 64;

    /// <summary>The object's kind.</summary>
    public const string Kind = "edits";

    string IStateObject.StateKind => Kind;

    /// <summary>The changes.</summary>
    public IReadOnlyList<ImageEdit> Edits { get; private set; } = [];

    void IStateObject.Visit(StateVisitor visitor) => Edits = visitor.List<ImageEdit>("edits", Edits, MostEdits, static (v, edit) =>
        new ImageEdit(v.Text("change", edit?.Change, LongestChange) ?? "", v.Text("identity", edit?.Identity, IdentityLength) ?? ""));
}
