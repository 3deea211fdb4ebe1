using System.Management.Automation;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Drives;

/// <summary>Contents that somebody wants in pieces: they end when he has had enough, and no piece is longer than memory should hold.</summary>
/// <param name="contents">Closed with this.</param>
/// <param name="isStopping">True once somebody has pressed Ctrl+C.</param>
/// <param name="most">Bytes of a piece.</param>
/// <param name="endsAtLines">A line feed ends a piece.</param>
sealed class PieceStream(Stream contents, Func<bool> isStopping, long most, bool endsAtLines) : Core.ForwardStream
{
    long position, piece;

    public override bool CanRead => true;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <exception cref="CrException">TooLong.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (isStopping()) return 0;
        int read = contents.Read(buffer);
        position += read;
        int end = endsAtLines ? buffer[..read].LastIndexOf((byte)'\n') : -1;
        piece = end < 0 ? piece + read : read - end - 1;
        if (piece > most)
            throw new CrException("TooLong", ErrorCategory.LimitsExceeded, $"The contents have {(endsAtLines ? "a line of " : "")}more than {most >> 20} MiB: too much for one piece.", "-AsByteStream without -Raw reads any length, -TotalCount a part of it; Copy-CrFile copies files.");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) contents.Dispose();
        base.Dispose(disposing);
    }
}
