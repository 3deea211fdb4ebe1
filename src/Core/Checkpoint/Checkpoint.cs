using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>A checkpoint: the image of a task, in memory or in a file, with what was found when it was taken. May be used on any thread.</summary>
public sealed class Checkpoint : IDisposable
{
    internal Checkpoint(CheckpointImage image)
    {
        Image = image;
    }

    /// <summary>What the image holds. Its pages are read when they are asked for.</summary>
    public CheckpointImage Image { get; }

    /// <summary>The format.</summary>
    public CheckpointFormat Format { get; internal init; }

    /// <summary>Full path of the file that it was written to or opened from; null while it is only in memory.</summary>
    public string? Path { get; internal set; }

    /// <summary>Bytes that the image has in its file; 0 while it is only in memory.</summary>
    public long Bytes { get; internal set; }

    /// <summary>What the task had and the image leaves out; empty for one opened from a file, which does not say.</summary>
    public IReadOnlyList<NotCarriedItem> NotCarried { get; internal init; } = [];

    /// <summary>How long the task stood still for it; zero for one opened from a file.</summary>
    public TimeSpan Pause { get; internal init; }

    /// <summary>When it was taken, by the machine's clock.</summary>
    public DateTimeOffset Taken => DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(Image.Head.Time, 253_402_300_799));

    /// <summary>Pages whose contents the image holds.</summary>
    public long PagesStored => Image.Memory.Vmas.Sum(vma => (long)vma.Pages.Count);

    /// <summary>The machine's options when it was taken; null for one opened from a file.</summary>
    public MachineOptions? Machine { get; internal init; }

    /// <summary>The machine's files when it was taken, for a restart over the same root; null for one opened from a file.</summary>
    public TreeSnapshot? Files { get; internal init; }

    /// <summary>Guest paths that a restart opens: mapped files and descriptors, the machine's own streams left out.</summary>
    public IReadOnlyList<string> FilesNeeded =>
    [
        .. Image.Memory.Vmas.Where(vma => vma.File != null).Select(vma => GuestText.FromBytes(vma.File!.Value.Bytes))
            .Concat(Image.Files.Descriptors.Select(descriptor => GuestText.FromBytes(descriptor.File.Name.Bytes)))
            .Where(path => !path.StartsWith("/dev/", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>Opens an image file: structure and rules are checked, pages stay in the file until they are asked for.</summary>
    /// <exception cref="CheckpointImageException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Checkpoint Open(string path, CancellationToken cancellation = default)
    {
        var image = ImageFile.Open(path, cancellation);
        return new Checkpoint(image) { Path = System.IO.Path.GetFullPath(path), Bytes = new FileInfo(path).Length };
    }

    /// <summary>Reads an image from a stream, up to its trailer; the pages are kept in memory.</summary>
    /// <exception cref="CheckpointImageException">The image breaks a rule of the format.</exception>
    public static Checkpoint Read(Stream stream, CancellationToken cancellation = default) => new(ImageReader.Read(stream, cancellation));

    /// <summary>Gives the pages and the files back, or closes the image's file.</summary>
    public void Dispose()
    {
        Image.Dispose();
        Files?.Dispose();
    }
}
