using System.Management.Automation;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

public sealed partial class RestoreCrCheckpointCommand
{
    const string StreamSet = "Stream";

    /// <summary>Where an image comes from, read to its end and no further; it need not seek, and stays open.</summary>
    [Parameter(Mandatory = true, ParameterSetName = StreamSet)]
    [ValidateNotNull]
    public Stream? Stream { get; set; }

    void RestoreFromStream()
    {
        if (Stream is null) return;
        Try(Stream, () =>
        {
            if (!Stream.CanRead) throw new CrException("StreamNotReadable", ErrorCategory.InvalidArgument, "The stream cannot be read.", "Give a stream that is open for reading.");
            // Its pages are in memory until the machines have them.
            using var checkpoint = Core.Checkpoint.Checkpoint.Read(new InterruptibleStream(Stream, Cancellation), AccessOf(Protection, TrustedSigner), Cancellation);
            Restore(new CrCheckpoint(checkpoint, null));
        });
    }
}
