using System.Buffers;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
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

/// <summary>Reads an image from a file that may make it wait, to the end of its trailer and no further.</summary>
internal sealed class ImageReceiver(OpenFile file) : IImageTransfer
{
    const int Piece = 64 * 1024;

    /// <summary>Room for what is not pages.</summary>
    const int Records = 16 << 20;

    readonly ArrayBufferWriter<byte> received = new();
    readonly ImageFraming framing = new();
    readonly byte[] piece = new byte[Piece];

    public OpenFile File => file;

    public long Moved => received.WrittenCount;

    /// <summary>Reads on. Null when all is there that will come: the image's end, the file's end, or framing that leads nowhere.</summary>
    public Result? Receive(MemoryAccount account)
    {
        while (framing.Wanted > 0)
        {
            var result = file.Read(piece.AsSpan(0, (int)Math.Min(Piece, framing.Wanted)));
            if (result.WouldBlock) return Result.Wait(result.Wait, Interruption.Killable);
            if (result.Value < 0) return result.Errno;
            if (result.Value == 0) return null;
            // The image's pages have to fit into the machine's memory in any case; each comes with its address, and there are the records.
            if (received.WrittenCount + result.Value > Math.Min(account.Limit * (Frame.Size + sizeof(uint)) + Records, Array.MaxLength - Piece)) return Errno.ENOMEM;
            var bytes = piece.AsSpan(0, (int)result.Value);
            received.Write(bytes);
            framing.Accept(bytes);
        }
        return null;
    }

    /// <exception cref="CheckpointImageException">The image breaks a rule, or ends too early.</exception>
    public CheckpointImage Parse()
    {
        MemoryMarshal.TryGetArray(received.WrittenMemory, out var bytes);
        using var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        return ImageReader.Read(stream);
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
