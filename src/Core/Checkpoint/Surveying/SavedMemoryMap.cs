using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Surveying;

/// <summary>Looks at the pages that images have.</summary>
static class SavedMemoryMap
{
    /// <summary>Of a v5 image: it has pages, and does not say what became of them.</summary>
    public static MemoryMap Of(CheckpointImage view, CancellationToken cancellation)
    {
        var page = new byte[ImageLimits.PageSize];
        return new MemoryMap([.. view.Memory.Vmas.Select(vma =>
        {
            cancellation.ThrowIfCancellationRequested();
            var pages = Untouched(vma);
            for (int i = 0; i < vma.Pages.Count; i++)
            {
                vma.Pages.CopyPages(i, page);
                pages[(vma.Pages.AddressOf(i) - vma.Start) >> 12] = MemoryMap.IsZero(page) ? PageCondition.Zero : PageCondition.Stored;
            }
            return Region(view, vma, pages);
        })]);
    }

    /// <summary>Of an Extended image, which says of each page whose it is.</summary>
    public static MemoryMap Of(ExtendedImage image, CheckpointImage view, int pid, CancellationToken cancellation)
    {
        var memory = ImageTasks.Find(image, pid)!.Fields.Follow("memory")!.Fields;
        var (own, present) = (memory.Runs("pages"), memory.Items("present"));
        // The view has a region for each of the object's, in its order.
        var sources = memory.Items("regions").Select(static region => region.Follow("source")).ToArray();
        var page = new byte[ImageLimits.PageSize];
        return new MemoryMap([.. view.Memory.Vmas.Select((vma, index) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var pages = Untouched(vma);
            var foreign = (vma.Flags & VmFlags.Shared) != 0 ? PageCondition.Shared : PageCondition.Clean;
            if (foreign == PageCondition.Shared && sources[index] is { } source) MarkSource(vma, source, pages);
            foreach (var run in present) Mark(vma, run.Uint("first"), run.Uint("count"), pages, _ => foreign);
            foreach (var run in own)
                Mark(vma, run.First, run.Count, pages, i => (run.State & (uint)PageState.Inherited) != 0 ? PageCondition.Clean : IsZero(image.Pages, (int)(run.Page + i), page) ? PageCondition.Zero : PageCondition.Dirty);
            return Region(view, vma, pages);
        })]);
    }

    /// <summary>Pages that what is shared has at all, whoever has touched them.</summary>
    static void MarkSource(SavedVma vma, ExtendedObject source, PageCondition[] pages)
    {
        var content = source.Kind == "file-pages" ? source.Follow("dentry")?.Follow("inode") : source;
        foreach (var run in content?.Fields.Runs("pages") ?? [])
        {
            for (uint i = 0; i < run.Count; i++)
                if ((long)run.First + i - vma.PageOffset is var index && index >= 0 && index < pages.Length) pages[index] = PageCondition.Shared;
        }
    }

    static void Mark(SavedVma vma, uint first, uint count, PageCondition[] pages, Func<uint, PageCondition> condition)
    {
        long start = vma.Start >> 12, from = Math.Max(first, start), to = Math.Min((long)first + count, start + pages.Length);
        for (long number = from; number < to; number++) pages[number - start] = condition((uint)(number - first));
    }

    /// <summary>Image files know their zero pages; in memory they have to be looked at.</summary>
    static bool IsZero(ImagePages pages, int number, Span<byte> page)
    {
        if (pages.IsZero(number)) return true;
        if (pages is GroupedPages) return false;
        pages.CopyTo(number, page);
        return MemoryMap.IsZero(page);
    }

    static PageCondition[] Untouched(SavedVma vma) => new PageCondition[vma.Size >> 12];

    static MappedRegion Region(CheckpointImage view, SavedVma vma, PageCondition[] pages) =>
        new(vma.Start, vma.End, (VmFlags)(uint)vma.Flags, vma.File?.ToString(), MemoryMap.NameOf(view, vma), (ulong)vma.PageOffset << 12, pages);
}
