using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The memory of an image's task, with what lies behind it in files.</summary>
/// <param name="image">The task.</param>
/// <param name="files">The files; null when they are not here.</param>
/// <param name="changed">The bytes of a page, by its address, that are in the place of the image's; null where none are.</param>
internal sealed class ImageMemory(CheckpointImage image, CheckpointFiles? files, Func<uint, byte[]?>? changed = null)
{
    /// <summary>Copies bytes.</summary>
    /// <returns>Bytes read; short where no region is, or its file is not here.</returns>
    public int Read(uint address, Span<byte> to)
    {
        Span<byte> page = stackalloc byte[ImageLimits.PageSize];
        int done = 0;
        while (done < to.Length && image.Memory.Find(address) is { } vma)
        {
            int within = (int)(address % ImageLimits.PageSize), length = Math.Min(to.Length - done, ImageLimits.PageSize - within);
            int index = vma.Pages.IndexOf(address - (uint)within);
            if (changed?.Invoke(address - (uint)within) is { } own)
            {
                own.AsSpan(within, length).CopyTo(to[done..]);
            }
            else if (index >= 0)
            {
                vma.Pages.CopyPages(index, page);
                page.Slice(within, length).CopyTo(to[done..]);
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
