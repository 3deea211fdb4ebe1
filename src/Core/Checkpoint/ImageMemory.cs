using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The memory of an image's task, with what lies behind it in files. Thread safe as far as <paramref name="files"/> and <paramref name="changed"/> are.</summary>
/// <param name="image">The task.</param>
/// <param name="files">The files; null when they are not here.</param>
/// <param name="changed">The bytes of a page, by its address, that are in the place of the image's; null where none are.</param>
public sealed class ImageMemory(CheckpointImage image, IFilePages? files, Func<uint, byte[]?>? changed = null)
{
    /// <summary>Copies bytes.</summary>
    /// <returns>Bytes read; short where no region is, or its file is not here.</returns>
    /// <exception cref="CheckpointImageException">The pages are damaged.</exception>
    /// <exception cref="IOException">The image or a file cannot be read.</exception>
    public int Read(uint address, Span<byte> to)
    {
        int done = 0;
        while (done < to.Length && image.Memory.Find(address) is { } vma)
        {
            int most = (int)Math.Min(to.Length - done, vma.End - address), some = ReadRegion(vma, address, to.Slice(done, most));
            done += some;
            address += (uint)some;
            if (some < most) break;
        }
        return done;
    }

    int ReadRegion(SavedVma vma, uint address, Span<byte> to)
    {
        Span<byte> page = stackalloc byte[ImageLimits.PageSize];
        int done = 0;
        while (done < to.Length)
        {
            uint start = address & ~(uint)(ImageLimits.PageSize - 1);
            int within = (int)(address - start), length = Math.Min(to.Length - done, ImageLimits.PageSize - within);
            int index = vma.Pages.IndexOf(start);
            if (changed?.Invoke(start) is { } own)
            {
                own.AsSpan(within, length).CopyTo(to[done..]);
            }
            else if (index >= 0 && length < ImageLimits.PageSize)
            {
                vma.Pages.CopyPages(index, page);
                page.Slice(within, length).CopyTo(to[done..]);
            }
            else if (index >= 0)
            {
                // One page at a time where another may have its place.
                int count = changed == null ? vma.Pages.CountFrom(index, (to.Length - done) / ImageLimits.PageSize) : 1;
                length = count * ImageLimits.PageSize;
                vma.Pages.CopyPages(index, to.Slice(done, length));
            }
            else if (vma.File == null)
            {
                to.Slice(done, length).Clear();
            }
            else if (files == null || files.Read(address, to.Slice(done, length)) < length)
            {
                break;
            }
            done += length;
            address += (uint)length;
        }
        return done;
    }
}
