using System.Management.Automation;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

public sealed partial class SaveCrCheckpointCommand
{
    /// <summary>Where the image goes instead of a file: it need not seek, and stays open.</summary>
    [Parameter]
    [ValidateNotNull]
    public Stream? Stream { get; set; }

    void RequireWritable(CrTask task)
    {
        if (!Stream!.CanWrite)
            throw new CrException("StreamNotWritable", ErrorCategory.InvalidArgument, $"The image of {task.Label} has nowhere to go: the stream cannot be written.", "Give a stream that is open for writing.");
    }

    void WriteToStream(Checkpoint checkpoint)
    {
        using var progress = new ByteProgress(this, "Saving to a stream", checkpoint.PagesStored * 4100);
        Checkpointer.Write(checkpoint, new InterruptibleStream(Stream!, Cancellation), Wanted, progress, Cancellation);
    }
}
