using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>A task with its descendants alone.</summary>
internal static class SubtreeImage
{
    public static ExtendedImage CaptureHere(Machine machine, CheckpointNote note) => throw new NotImplementedException();
}
