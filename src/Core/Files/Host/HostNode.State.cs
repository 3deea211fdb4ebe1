using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: a place below the root's directory or archive, which the image names and does not carry.</content>
internal sealed partial class HostNode : IStateObject
{
    string IStateObject.StateKind => "lower-name";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Parent = visitor.Ref("parent", Parent);
        Name = visitor.Text("name", Name) ?? "";
        if (!visitor.IsReading) return;
        visitor.Require(Parent == null ? Name.Length == 0 : Name.Length > 0 && Name is not ("." or "..") && !Name.Contains('/', StringComparison.Ordinal), "a name of the lower layer is one component");
        visitor.Later(0, () =>
        {
            int depth = 0;
            for (var at = Parent; at != null; at = at.Parent) visitor.Require(++depth < 4096, "a name of the lower layer ends at its root");
        });
    }
}
