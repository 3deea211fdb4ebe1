using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image;

/// <summary>Pages that came with an image: their addresses in pieces of one chunk each, as long as the image proved to be.</summary>
internal abstract class LoadedPages : PageSet
{
    /// <summary>Addresses of a piece: what is allocated before the image has shown that it holds them.</summary>
    internal const int PieceLength = 1024;

    private readonly List<Piece> _pieces = [];
    private int _count;

    public override int Count => _count;

    public override uint AddressOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _count);
        var piece = _pieces[PieceOf(index)];
        return piece.Addresses[index - piece.First];
    }

    public override void CopyPages(int first, Span<byte> destination)
    {
        var pages = destination.Length / ImageLimits.PageSize;
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, _count - pages);
        for (var at = pages == 0 ? 0 : PieceOf(first); pages > 0; at++)
        {
            var piece = _pieces[at];
            var take = Math.Min(pages, piece.First + piece.Addresses.Length - first);
            CopyPages(piece, first - piece.First, destination[..(take * ImageLimits.PageSize)]);
            destination = destination[(take * ImageLimits.PageSize)..];
            first += take;
            pages -= take;
        }
    }

    /// <summary>The pieces of the newest chunk get their contents in order.</summary>
    internal Piece Add(uint[] addresses)
    {
        var piece = new Piece(_count, addresses);
        _pieces.Add(piece);
        _count += addresses.Length;
        return piece;
    }

    protected abstract void CopyPages(Piece piece, int first, Span<byte> destination);

    private int PieceOf(int index)
    {
        int low = 0, high = _pieces.Count - 1;
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (_pieces[middle].First <= index) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    internal sealed class Piece(int first, uint[] addresses)
    {
        internal int First { get; } = first;

        internal uint[] Addresses { get; } = addresses;

        /// <summary>Where the contents start in the file.</summary>
        internal long Offset { get; set; }

        /// <summary>The contents themselves, in blocks of 16 pages.</summary>
        internal byte[][]? Blocks { get; set; }
    }
}

/// <summary>Pages held in memory, because their stream cannot be read twice.</summary>
internal sealed class PagesInMemory : LoadedPages
{
    internal const int BlockPages = 16;

    protected override void CopyPages(Piece piece, int first, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var source = piece.Blocks![first / BlockPages].AsSpan(first % BlockPages * ImageLimits.PageSize);
            var length = Math.Min(source.Length, destination.Length);
            source[..length].CopyTo(destination);
            destination = destination[length..];
            first += length / ImageLimits.PageSize;
        }
    }
}

/// <summary>Pages left in a file and read when asked for: positioned reads, never a mapping, which a file cut short would turn into a crash.</summary>
internal sealed class PagesInFile(ImageBytes file) : LoadedPages
{
    protected override void CopyPages(Piece piece, int first, Span<byte> destination)
    {
        var offset = piece.Offset + ((long)first * ImageLimits.PageSize);
        var read = file.ReadAll(destination, offset);
        if (read < destination.Length) throw new RecordRules(RecordType.PageArray, offset + read).Broken(RecordReader.EndsEarly, Errno.EPIPE);
    }
}
