using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Memory;
using KernelTask = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Checkpoint.Surveying;

/// <summary>What a page of a region is.</summary>
public enum PageCondition : byte
{
    /// <summary>Not in memory, or not in the image: it reads as its file has it, or as zero.</summary>
    Absent,
    /// <summary>In memory and never written: its file's, or its parent's since fork(2).</summary>
    Clean,
    /// <summary>The task's own, and written.</summary>
    Dirty,
    /// <summary>The task's own; whether it was written a v5 image does not say.</summary>
    Stored,
    /// <summary>The task's own, and all zero.</summary>
    Zero,
    /// <summary>In memory that others may map as well.</summary>
    Shared,
}

/// <summary>A region of an address space with the condition of each of its pages.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="Flags">Linux VM_* flags.</param>
/// <param name="Path">Guest path of the file behind it; null when it is anonymous.</param>
/// <param name="Name">The path, or a kernel name such as [stack]; null when it has neither.</param>
/// <param name="Offset">Where in the file it begins, in bytes.</param>
/// <param name="Pages">One for each 4096 bytes.</param>
public sealed record MappedRegion(uint Start, uint End, VmFlags Flags, string? Path, string? Name, ulong Offset, IReadOnlyList<PageCondition> Pages)
{
    /// <summary>As /proc/self/maps writes it: rwxp, s for shared.</summary>
    public string Permissions => string.Concat(
        (Flags & VmFlags.Read) != 0 ? "r" : "-", (Flags & VmFlags.Write) != 0 ? "w" : "-", (Flags & VmFlags.Exec) != 0 ? "x" : "-", (Flags & VmFlags.Shared) != 0 ? "s" : "p");

    /// <summary>The region with so many pages in place of one: what stands out of them stands for all.</summary>
    public MappedRegion Coarse(int grain) => grain == 1 ? this : this with { Pages = [.. Pages.Chunk(grain).Select(static pages => pages.MaxBy(Prominence))] };

    static int Prominence(PageCondition page) => page switch
    {
        PageCondition.Dirty => 5,
        PageCondition.Stored => 4,
        PageCondition.Shared => 3,
        PageCondition.Zero => 2,
        PageCondition.Clean => 1,
        _ => 0,
    };

    /// <summary>The pages as runs of one condition, those that are absent left out.</summary>
    /// <returns>Number of the first page within the region, how many, and what they are; ascending.</returns>
    public IEnumerable<(int First, int Count, PageCondition Condition)> Runs()
    {
        for (int first = 0, next; first < Pages.Count; first = next)
        {
            next = first + 1;
            while (next < Pages.Count && Pages[next] == Pages[first]) next++;
            if (Pages[first] != PageCondition.Absent) yield return (first, next - first, Pages[first]);
        }
    }
}

/// <summary>The regions of an address space, ascending, with the condition of every page: what a picture of it is drawn from.</summary>
/// <param name="Regions">The regions.</param>
public sealed record MemoryMap(IReadOnlyList<MappedRegion> Regions)
{
    /// <summary>A live task's, between two instructions. Any thread.</summary>
    /// <returns>Null when the task has ended.</returns>
    public static MemoryMap? Of(KernelTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Machine.Execute(_ => task.AddressSpace is { } memory ? LiveMemory.Survey(memory) : null);
    }

    /// <summary>That of a task of a checkpoint. Pages that are not known to be zero, or not to be, are read.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="pid">The task's pid.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="RestoreException">ESRCH: the image has no such task, or it has ended.</exception>
    /// <exception cref="CheckpointImageException">A page is damaged.</exception>
    public static MemoryMap Of(Checkpoint checkpoint, int pid, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var view = checkpoint.ViewOf(pid);
        return checkpoint.Extended is { } image ? SavedMemoryMap.Of(image, view, pid, cancellation) : SavedMemoryMap.Of(view, cancellation);
    }

    /// <summary>The name that a region of an image has for a user: its file's, or what the layout says of it, since v5 keeps no kernel names.</summary>
    /// <returns>Null when it has none.</returns>
    public static string? NameOf(CheckpointImage image, SavedVma region)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(region);
        if (region.File is { } file) return file.ToString();
        if (region.Start == Vdso.Address) return "[vdso]";
        var layout = image.Memory.Layout;
        if (layout.StartStack >= region.Start && layout.StartStack < region.End) return "[stack]";
        return region.Start < layout.Break && region.End > layout.StartBreak && layout.Break > layout.StartBreak ? "[heap]" : null;
    }

    /// <summary>True when all 4096 bytes are zero.</summary>
    internal static bool IsZero(ReadOnlySpan<byte> page) => !page.ContainsAnyExcept((byte)0);
}

/// <summary>Looks at the pages of a live address space.</summary>
static class LiveMemory
{
    public static MemoryMap Survey(AddressSpace memory)
    {
        var page = new byte[ImageLimits.PageSize];
        return new MemoryMap([.. memory.Regions.Select(region =>
        {
            var pages = new PageCondition[region.Length >> 12];
            memory.VisitPresent(region.Start, region.End, (number, state) => pages[number - (region.Start >> 12)] = ConditionOf(number, state, region.IsShared));
            return new MappedRegion(region.Start, region.End, region.Flags, region.Source?.Name, region.Name ?? region.Source?.Name, (ulong)region.PageOffset << 12, pages);
        })]);

        PageCondition ConditionOf(uint number, PageState state, bool isShared)
        {
            if ((state & PageState.Private) == 0) return isShared ? PageCondition.Shared : PageCondition.Clean;
            if ((state & PageState.Inherited) != 0) return PageCondition.Clean;
            return memory.Peek(number << 12, page) == page.Length && MemoryMap.IsZero(page) ? PageCondition.Zero : PageCondition.Dirty;
        }
    }
}
