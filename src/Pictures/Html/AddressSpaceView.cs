using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Surveying;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Pictures.Html;

/// <summary>Where the bytes of a page of memory are.</summary>
enum PageOrigin
{
    /// <summary>No region has it.</summary>
    None,
    /// <summary>A file's, which is not here.</summary>
    Elsewhere,
    /// <summary>Nobody has touched it: it reads as zero.</summary>
    Untouched,
    /// <summary>In the image.</summary>
    Image,
    /// <summary>In a file of the root.</summary>
    File,
}

/// <summary>One address space of a checkpoint, shared by the threads that have it.</summary>
/// <param name="view">What the image has of it.</param>
/// <param name="map">The condition of its pages.</param>
/// <param name="files">The files that it shows; disposed with it.</param>
sealed class AddressSpaceView(CheckpointImage view, MemoryMap map, CheckpointFiles files) : IDisposable
{
    SymbolMap? symbols;

    public CheckpointImage Image { get; } = view;

    public MemoryMap Map { get; } = map;

    /// <summary>Its bytes.</summary>
    public ImageMemory Memory { get; } = new(view, files);

    /// <summary>Pids of its tasks.</summary>
    public List<int> Tasks { get; } = [];

    /// <summary>Numbers of the pages that the page has with it, by address.</summary>
    public SortedDictionary<uint, int> Contents { get; } = [];

    /// <summary>The symbols of its files, as far as they are here.</summary>
    public SymbolMap Symbols => symbols ??= files.Symbols();

    /// <summary>Reads a page of 4096 bytes.</summary>
    public PageOrigin Read(uint address, Span<byte> page)
    {
        if (address >= ImageLimits.UserSpaceEnd || Image.Memory.Find(address) is not { } region) return PageOrigin.None;
        int index = region.Pages.IndexOf(address);
        if (index >= 0)
        {
            region.Pages.CopyPages(index, page);
            return PageOrigin.Image;
        }
        page.Clear();
        if (region.File == null) return PageOrigin.Untouched;
        return files.Read(address, page) == page.Length ? PageOrigin.File : PageOrigin.Elsewhere;
    }

    /// <summary>The program's arguments, as they lie in its memory now; null where they are not there.</summary>
    public string? CommandLine()
    {
        const int Most = 1024;
        var layout = Image.Memory.Layout;
        if (layout.ArgumentEnd <= layout.ArgumentStart || layout.ArgumentEnd > ImageLimits.UserSpaceEnd) return null;
        var bytes = new byte[(int)Math.Min(layout.ArgumentEnd - layout.ArgumentStart, Most)];
        if (Memory.Read((uint)layout.ArgumentStart, bytes) < bytes.Length) return null;
        string text = GuestText.FromBytes(bytes.AsSpan().TrimEnd((byte)0)).Replace('\0', ' ');
        return layout.ArgumentEnd - layout.ArgumentStart > Most ? text + " …" : text;
    }

    /// <inheritdoc/>
    public void Dispose() => files.Dispose();
}
