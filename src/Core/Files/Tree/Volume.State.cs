using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
internal sealed partial class Volume : IStateObject
{
    string IStateObject.StateKind => "volume";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        visitor.Flag("root", IsRoot);
    }

    /// <summary>True for the one of the root directory.</summary>
    bool IsRoot => ReferenceEquals(this, RootOf?.RootVolume);

    /// <summary>The tree whose root it is of; null for what is mounted over it.</summary>
    internal FileTree? RootOf { get; set; }
}
