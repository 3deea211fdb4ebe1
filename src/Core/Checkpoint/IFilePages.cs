using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>What lies behind the pages of an image's memory that the image leaves to files.</summary>
public interface IFilePages
{
    /// <summary>Copies bytes of the file that a region shows.</summary>
    /// <returns>Bytes read, to the end of the page at most; 0 where no file has it.</returns>
    int Read(uint address, Span<byte> to);
}

/// <summary>Reads a file from a position on.</summary>
/// <returns>Bytes read; negative when it cannot be read.</returns>
internal delegate int PositionedRead(long position, Span<byte> to);

/// <summary>How a mapping shows a file.</summary>
internal static class FilePage
{
    /// <summary>Copies bytes of a page that a region shows. Behind the file's end its last page is zero, and behind that page nothing is.</summary>
    /// <param name="vma">A region of a file.</param>
    /// <param name="address">In the region.</param>
    /// <param name="to">Room, of which no more is used than to the end of the page.</param>
    /// <param name="size">Bytes of the file.</param>
    /// <param name="read">Its contents.</param>
    /// <returns>Bytes read; 0 for nothing.</returns>
    public static int Read(SavedVma vma, uint address, Span<byte> to, long size, PositionedRead read)
    {
        const int offsetBits = ImageLimits.PageSize - 1;
        to = to[..(int)Math.Min((uint)to.Length, ImageLimits.PageSize - (address & offsetBits))];
        long position = ((long)vma.PageOffset * ImageLimits.PageSize) + (address - vma.Start);
        if (size == 0 || position / ImageLimits.PageSize > (size - 1) / ImageLimits.PageSize) return 0;
        int done = position < size ? read(position, to) : 0;
        if (done < 0) return 0;
        to[done..].Clear();
        return to.Length;
    }
}
