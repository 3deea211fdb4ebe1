namespace CheckpointRestart.Core.Image;

/// <summary>
/// The saved pages of one region, by ascending address. Contents come on demand: from a file by positioned reads, from
/// memory where the image came through a stream, or from a machine's frames.
/// </summary>
public abstract class PageSet
{
    /// <summary>No pages.</summary>
    public static PageSet Empty { get; } = new NoPages();

    /// <summary>Number of pages.</summary>
    public abstract int Count { get; }

    /// <summary>Guest address of a page, a multiple of 4096; ascending with <paramref name="index"/>.</summary>
    public abstract uint AddressOf(int index);

    /// <summary>Copies whole pages, <paramref name="first"/> and those after it, as many as <paramref name="destination"/> has room for: a multiple of 4096 bytes.</summary>
    /// <exception cref="CheckpointImageException">The file no longer has these bytes (EPIPE).</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public abstract void CopyPages(int first, Span<byte> destination);

    /// <summary>How many pages from one on lie side by side in the address space.</summary>
    /// <param name="first">The first.</param>
    /// <param name="most">No more than these are looked at; at least 1.</param>
    public int CountFrom(int first, int most)
    {
        uint address = AddressOf(first);
        int low = 1, high = Math.Min(most, Count - first);
        if (IsWhole(high)) return high;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (IsWhole(middle)) low = middle;
            else high = middle - 1;
        }
        return low;

        // Ascending and none twice: as far apart as their numbers only where nothing is missing between them.
        bool IsWhole(int count) => AddressOf(first + count - 1) - address == (uint)(count - 1) * ImageLimits.PageSize;
    }

    /// <summary>Index of the page at an address, or −1 when it is not saved.</summary>
    public int IndexOf(uint address)
    {
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var found = AddressOf(middle);
            if (found == address) return middle;
            if (found < address) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }

    private sealed class NoPages : PageSet
    {
        public override int Count => 0;

        public override uint AddressOf(int index) => throw new ArgumentOutOfRangeException(nameof(index));

        public override void CopyPages(int first, Span<byte> destination)
        {
            if (!destination.IsEmpty) throw new ArgumentOutOfRangeException(nameof(first));
        }
    }
}
