using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>An image on its way into or out of a guest's file, kept while the call waits.</summary>
internal interface IImageTransfer : IStateObstacle
{
    /// <summary>Bytes moved so far: a call that has moved some cannot be made again.</summary>
    long Moved { get; }

    /// <inheritdoc/>
    Errno IStateObstacle.Errno => Errno.EBUSY;

    /// <inheritdoc/>
    string IStateObstacle.Reason => $"is in checkpoint(2) or restart(2), with {Moved} bytes of an image moved so far: it can be saved when that is done";
}

/// <summary>Writes a complete image to a file that may make it wait, such as a pipe.</summary>
internal sealed class ImageSender(OpenFile file, ReadOnlyMemory<byte> image, int identifier) : IImageTransfer
{
    int sent;

    public long Moved => sent;

    public Result Continue()
    {
        while (sent < image.Length)
        {
            var result = file.Write(image.Span[sent..]);
            if (result.WouldBlock) return Result.Wait(result.Wait, Interruption.Killable);
            if (result.Value < 0) return result.Errno;
            if (result.Value == 0) return Errno.EIO;
            sent += (int)result.Value;
        }
        return identifier;
    }
}

/// <summary>A guest's file could not be written.</summary>
internal sealed class GuestFileException(Errno errno) : IOException(errno.ToString())
{
    public Errno Errno { get; } = errno;
}

/// <summary>A guest's open file, which never waits, as a stream to write to.</summary>
internal sealed class OpenFileStream(OpenFile file) : ForwardStream
{
    public override bool CanWrite => true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var result = file.Write(buffer);
            if (result.Value <= 0) throw new GuestFileException(result.Value == 0 ? Errno.EIO : result.Errno);
            buffer = buffer[(int)result.Value..];
        }
    }
}
