using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The files of a root that the memory of an image's task shows. Nothing stays open. Thread safe.</summary>
/// <param name="checkpoint">The image.</param>
/// <param name="pid">Its task.</param>
/// <param name="view">The same, as it was.</param>
/// <param name="root">The root that the image was taken over.</param>
public sealed class RegionFiles(Checkpoint checkpoint, int pid, CheckpointImage view, SeenFile root) : IFilePages
{
    readonly Lock access = new();
    readonly Dictionary<uint, SeenFile> files = [];

    /// <inheritdoc/>
    public int Read(uint address, Span<byte> to)
    {
        try
        {
            lock (access) return ReadPage(address, to);
        }
        catch (SeenFileException)
        {
            return 0;
        }
    }

    /// <summary>Why nothing can be read at an address, as a sentence; null when something can.</summary>
    public string? Missing(uint address)
    {
        try
        {
            Span<byte> one = stackalloc byte[1];
            lock (access) return ReadPage(address, one) > 0 ? null : "The file ends before it.";
        }
        catch (SeenFileException exception)
        {
            return exception.Message;
        }
    }

    int ReadPage(uint address, Span<byte> to)
    {
        if (view.Memory.Find(address) is not { File: { } name } vma) return 0;
        if (!files.TryGetValue(vma.Start, out var file)) files.Add(vma.Start, file = Find(vma.Start, name));
        return FilePage.Read(vma, address, to, file.Facts.Size, file.Read);
    }

    SeenFile Find(uint start, FileName name)
    {
        // A v5 image has no more of a file than its name.
        if (checkpoint.Extended == null) return root.Find(GuestText.FromBytes(name.Bytes));
        var file = StoredFile.OfRegion(checkpoint, pid, start, root) ?? throw SeenFileException.Of(Errno.ENOENT, GuestText.FromBytes(name.Bytes));
        file.RequireLower();
        return file;
    }
}
