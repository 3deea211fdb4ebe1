using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
public sealed partial class FileSystem : IStateObject
{
    string IStateObject.StateKind => "filesystem";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Text("type", Type);
        visitor.Uint("magic", Magic);
        visitor.Uint("device", Device);
        NextInode = visitor.Word("next-inode", NextInode);
    }

    /// <summary>The root's is the tree's own.</summary>
    internal static FileSystem Create(StateVisitor visitor, FileTree tree) => visitor.Uint("device", 0) == tree.RootVolume.FileSystem.Device ? tree.RootVolume.FileSystem
        : new(visitor.Text("type", null) ?? throw visitor.Broken("a file system has a type"), visitor.Uint("magic", 0), Minor(visitor.Uint("device", 0)), tree.OpenCount);
}
