using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The files that an image's memory shows, opened to look into: v5 stores no page that is still its file's. Used by one thread at a time.</summary>
public sealed class CheckpointFiles : IFilePages, IDisposable
{
    /// <summary>Names that are looked up on request.</summary>
    const int MostFiles = 4096;

    readonly Dictionary<FileName, OpenFile?> open = [];
    readonly CheckpointImage image;
    readonly RootView files;

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="root">Where its files are looked up; null for the root of the machine that it was taken from, if it is known.</param>
    /// <param name="pid">Which task of an Extended image; null for the one that was saved.</param>
    /// <exception cref="IOException">The root cannot be opened.</exception>
    public CheckpointFiles(Checkpoint checkpoint, RootOptions? root = null, int? pid = null) : this(checkpoint, ViewOf(checkpoint, pid), root)
    {
    }

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="image">Its task.</param>
    /// <param name="root">See the other.</param>
    /// <exception cref="IOException">The root cannot be opened.</exception>
    internal CheckpointFiles(Checkpoint checkpoint, CheckpointImage image, RootOptions? root)
    {
        this.image = image;
        // What the task itself had written lies in the snapshot.
        files = new RootView(root ?? checkpoint.Machine?.Root ?? new RootOptions(), root == null && checkpoint.Machine?.Root is { Writable: false } ? checkpoint.Files : null);
    }

    /// <summary>The symbols of the files, as far as they are here.</summary>
    public SymbolMap Symbols()
    {
        var map = new SymbolMap();
        if (image.Memory.Find(Vdso.Address) is { File: null }) map.AddVdso();
        foreach (var file in image.Memory.Vmas.Where(static vma => vma.File != null).GroupBy(static vma => vma.File!.Value))
            if (Open(file.Key) is { } found) map.Add(found, GuestText.FromBytes(file.Key.Bytes), [.. file.Select(static vma => new FileRegion(vma.Start, vma.End, (ulong)vma.PageOffset << 12))]);
        return map;
    }

    /// <inheritdoc/>
    public int Read(uint address, Span<byte> to)
    {
        if (image.Memory.Find(address) is not { File: { } name } vma || Open(name) is not { } file) return 0;
        return FilePage.Read(vma, address, to, file.Inode.Size, (position, room) => file.ReadAt(position, room) is { WouldBlock: false, IsError: false } result ? (int)result.Value : -1);
    }

    /// <summary>A file of the root by its guest path. It stays open with this.</summary>
    /// <param name="path">From the root.</param>
    /// <param name="error">Why there is none.</param>
    public OpenFile? Find(string path, out Errno error)
    {
        var name = new FileName(GuestText.ToBytes(path));
        bool isTooMany = open.Count >= MostFiles && !open.ContainsKey(name);
        var found = isTooMany ? null : Open(name);
        error = isTooMany ? Errno.ENFILE : found == null ? Errno.ENOENT : Errno.None;
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in open.Values) file?.Release();
        open.Clear();
        files.Dispose();
    }

    static CheckpointImage ViewOf(Checkpoint checkpoint, int? pid)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return pid is { } number ? checkpoint.ViewOf(number) : checkpoint.Image;
    }

    OpenFile? Open(FileName name)
    {
        if (!open.TryGetValue(name, out var file)) open.Add(name, file = files.Open(GuestText.FromBytes(name.Bytes), out _));
        return file;
    }
}
