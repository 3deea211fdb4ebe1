namespace CheckpointRestart.Core.Image;

/// <summary>The bytes of an image, read forwards once.</summary>
internal abstract class ImageSource
{
    /// <summary>Bytes consumed.</summary>
    internal long Position { get; private protected set; }

    /// <summary>Bytes that follow, as far as that is known without reading them.</summary>
    internal abstract long Remaining { get; }

    /// <summary>Reads until the buffer is full or the image ends.</summary>
    /// <returns>Bytes read.</returns>
    internal int Fill(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = ReadSome(buffer[filled..]);
            if (read == 0) break;
            filled += read;
            Position += read;
        }
        return filled;
    }

    internal abstract LoadedPages NewPages();

    /// <summary>Takes the contents of a piece's pages.</summary>
    /// <returns>False when the image ends before; <see cref="Position"/> is then its end.</returns>
    internal abstract bool LoadPages(LoadedPages.Piece piece);

    /// <summary>Passes over bytes.</summary>
    /// <returns>False when the image ends before; <see cref="Position"/> is then its end.</returns>
    internal abstract bool Skip(long bytes);

    private protected abstract int ReadSome(Span<byte> buffer);
}

/// <summary>An image that comes through a stream. Nothing is read ahead: what follows the image stays unread.</summary>
internal sealed class StreamSource(Stream stream) : ImageSource
{
    internal override long Remaining => 0;

    internal override LoadedPages NewPages() => new PagesInMemory();

    internal override bool LoadPages(LoadedPages.Piece piece)
    {
        var left = piece.Addresses.Length;
        var blocks = new byte[(left + PagesInMemory.BlockPages - 1) / PagesInMemory.BlockPages][];
        for (var i = 0; i < blocks.Length; i++, left -= PagesInMemory.BlockPages)
        {
            blocks[i] = new byte[Math.Min(left, PagesInMemory.BlockPages) * ImageLimits.PageSize];
            if (Fill(blocks[i]) < blocks[i].Length) return false;
        }
        piece.Blocks = blocks;
        return true;
    }

    internal override bool Skip(long bytes)
    {
        var buffer = new byte[Math.Min(bytes, 16 * ImageLimits.PageSize)];
        while (bytes > 0)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(bytes, buffer.Length));
            if (Fill(part) < part.Length) return false;
            bytes -= part.Length;
        }
        return true;
    }

    private protected override int ReadSome(Span<byte> buffer) => stream.Read(buffer);
}

/// <summary>An image that can be read at any position: its pages are passed over, not read.</summary>
internal sealed class FileSource(ImageBytes file) : ImageSource
{
    private readonly byte[] _buffer = new byte[4 * ImageLimits.PageSize];
    // A file that is cut meanwhile ends where it is read.
    private readonly long _bytes = file.Length;
    private long _start;
    private int _length;

    internal override long Remaining => Math.Max(0, _bytes - Position);

    internal override LoadedPages NewPages() => new PagesInFile(file);

    internal override bool LoadPages(LoadedPages.Piece piece)
    {
        piece.Offset = Position;
        return Skip((long)piece.Addresses.Length * ImageLimits.PageSize);
    }

    internal override bool Skip(long bytes)
    {
        var there = Math.Min(bytes, Remaining);
        Position += there;
        return there == bytes;
    }

    private protected override int ReadSome(Span<byte> buffer)
    {
        if (Position < _start || Position >= _start + _length)
        {
            // Behind pages that were passed over stands the head of the next ones, and then those.
            var most = Position == _start + _length ? _buffer.Length : ImageLimits.PageSize;
            _start = Position;
            _length = file.Read(_buffer.AsSpan(0, most), _start);
        }
        var there = _buffer.AsSpan((int)(Position - _start), _length - (int)(Position - _start));
        var length = Math.Min(there.Length, buffer.Length);
        there[..length].CopyTo(buffer);
        return length;
    }
}
