using System.Buffers;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Reads an image from a file that may make it wait.</summary>
/// <param name="file">The file.</param>
/// <param name="records">Bytes that it may have besides its pages.</param>
internal abstract class ImageReceiver(OpenFile file, int records) : IImageTransfer
{
    const int Piece = 64 * 1024;

    readonly ArrayBufferWriter<byte> received = new();
    readonly byte[] piece = new byte[Piece];

    public OpenFile File => file;

    public long Moved => received.WrittenCount;

    /// <summary>Reads on. Null when all is there that will come: the image's end, the file's end, or framing that leads nowhere.</summary>
    public Result? Receive(MemoryAccount account)
    {
        while (Wanted > 0)
        {
            var result = file.Read(piece.AsSpan(0, (int)Math.Min(Piece, Wanted)));
            if (result.WouldBlock) return Result.Wait(result.Wait, Interruption.Killable);
            if (result.Value < 0) return result.Errno;
            if (result.Value == 0) return null;
            // The image's pages have to fit into the machine's memory in any case; each comes with its address, and there are the records.
            if (received.WrittenCount + result.Value > Math.Min(account.Limit * (Frame.Size + sizeof(uint)) + records, Array.MaxLength - Piece)) return Errno.ENOMEM;
            var bytes = piece.AsSpan(0, (int)result.Value);
            received.Write(bytes);
            Accept(bytes);
        }
        return null;
    }

    /// <summary>Bytes that are still to come, as far as that is known.</summary>
    protected virtual long Wanted => long.MaxValue;

    /// <summary>Looks at what has come.</summary>
    protected virtual void Accept(ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>What was received.</summary>
    protected MemoryStream Open()
    {
        MemoryMarshal.TryGetArray(received.WrittenMemory, out var bytes);
        return new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
    }
}

/// <summary>Reads a task's image, to the end of its trailer and no further.</summary>
internal sealed class TaskReceiver(OpenFile file) : ImageReceiver(file, records: 16 << 20)
{
    readonly ImageFraming framing = new();

    protected override long Wanted => framing.Wanted;

    protected override void Accept(ReadOnlySpan<byte> bytes) => framing.Accept(bytes);

    /// <exception cref="CheckpointImageException">The image breaks a rule, or ends too early.</exception>
    public CheckpointImage Parse()
    {
        using var stream = Open();
        return ImageReader.Read(stream);
    }
}

/// <summary>Reads a machine's image, to the file's end.</summary>
internal sealed class MachineReceiver(OpenFile file) : ImageReceiver(file, records: 64 << 20)
{
    const int RevisionBytes = 32;

    /// <exception cref="CheckpointImageException">The image breaks a rule, or ends too early.</exception>
    public ExtendedImage Parse()
    {
        using var stream = Open();
        Span<byte> beginning = stackalloc byte[RevisionBytes];
        // What is no image at all is told from one that is cut short.
        if (stream.ReadAtLeast(beginning, RevisionBytes, throwOnEndOfStream: false) == RevisionBytes && ExtendedReader.RevisionOf(beginning) != ExtendedLimits.Revision)
            throw new CheckpointImageException(RecordType.Head, 0, "an image of a machine begins with its magic number and revision");
        stream.Position = 0;
        return ExtendedReader.Read(stream);
    }
}
