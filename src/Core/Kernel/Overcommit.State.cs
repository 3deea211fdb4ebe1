using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State.</content>
public sealed partial class Overcommit
{
    internal void Visit(StateVisitor visitor)
    {
        Mode = visitor.Enum("overcommit", Mode);
        Ratio = visitor.Int("overcommit-ratio", Ratio, 0);
    }
}
