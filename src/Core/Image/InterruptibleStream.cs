namespace CheckpointRestart.Core.Image;

/// <summary>A stream whose reads and writes end when they are cancelled or have taken too long, whatever the stream below does: a pipe or a socket of which the
/// other end is silent keeps nobody. After that the stream below may still be busy, and is of no further use.</summary>
/// <param name="stream">The stream below; it stays open.</param>
/// <param name="cancellation">Ends an operation, with <see cref="OperationCanceledException"/>.</param>
public sealed class InterruptibleStream(Stream stream, CancellationToken cancellation) : ForwardStream
{
    const int PieceBytes = 256 << 10;

    byte[] piece = [];

    /// <summary>When an operation ends with an <see cref="IOException"/>: a tick count of <see cref="Environment.TickCount64"/>; null for never.</summary>
    public long? Deadline { get; set; }

    /// <summary>How long one operation may take, with the same end; null for any time.</summary>
    public TimeSpan? Patience { get; set; }

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Bytes written.</summary>
    public long BytesWritten { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => stream.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => stream.CanWrite;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        // Not the caller's memory: an operation that was given up may still write into it.
        var own = Piece(buffer.Length);
        int some = Wait(stream.ReadAsync(own, cancellation));
        own.Span[..some].CopyTo(buffer);
        BytesRead += some;
        return some;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var own = Piece(buffer.Length);
            buffer[..own.Length].CopyTo(own.Span);
            Wait(Write(own));
            BytesWritten += own.Length;
            buffer = buffer[own.Length..];
        }

        async ValueTask<int> Write(ReadOnlyMemory<byte> bytes)
        {
            await stream.WriteAsync(bytes, cancellation).ConfigureAwait(false);
            return 0;
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        Wait(FlushBelow());

        async ValueTask<int> FlushBelow()
        {
            await stream.FlushAsync(cancellation).ConfigureAwait(false);
            return 0;
        }
    }

    Memory<byte> Piece(int length)
    {
        length = Math.Min(length, PieceBytes);
        if (piece.Length < length) piece = new byte[length];
        return piece.AsMemory(0, length);
    }

    int Wait(ValueTask<int> operation)
    {
        if (operation.IsCompletedSuccessfully) return operation.Result;
        var left = Patience ?? Timeout.InfiniteTimeSpan;
        if (Deadline is { } deadline && TimeSpan.FromMilliseconds(Math.Max(1, deadline - Environment.TickCount64)) is var rest && (Patience == null || rest < left)) left = rest;
        try
        {
            return operation.AsTask().WaitAsync(left, cancellation).ConfigureAwait(false).GetAwaiter().GetResult();
        }
        catch (ObjectDisposedException closed)
        {
            throw new IOException("the stream was closed", closed);
        }
        catch (TimeoutException late)
        {
            piece = [];
            throw new IOException("the other end took longer than the time that it had", late);
        }
        catch (OperationCanceledException)
        {
            piece = [];
            throw;
        }
    }
}
