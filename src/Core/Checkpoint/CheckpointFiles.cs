using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Kernel.Symbols;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>The files that an image's memory shows, opened to look into: v5 stores no page that is still its file's. Used by one thread at a time.</summary>
public sealed class CheckpointFiles : IFilePages, IDisposable
{
    /// <summary>Bytes of file contents that are kept.</summary>
    const long MostMemory = 64 << 20;

    /// <summary>Names that are looked up on request.</summary>
    const int MostFiles = 4096;

    readonly MemoryAccount account = new(MostMemory / Frame.Size);
    readonly Dictionary<FileName, OpenFile?> open = [];
    readonly CheckpointImage image;
    readonly FileTree tree;

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
        var options = (root ?? checkpoint.Machine?.Root ?? new RootOptions()) with { Writable = false };
        var services = new FileTreeServices { Account = account, Clock = static () => default, Random = static bytes => bytes.Clear(), Streams = new MachineStreams(4096) };
        try
        {
            // What the task itself had written lies in the snapshot.
            tree = root == null && checkpoint.Files != null && checkpoint.Machine?.Root is { Writable: false } ? new FileTree(checkpoint.Files, options, services) : new FileTree(options, services);
        }
        catch
        {
            account.Dispose();
            throw;
        }
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
        to = to[..(int)Math.Min((uint)to.Length, 4096 - (address & 0xFFF))];
        long position = ((long)vma.PageOffset << 12) + (address - vma.Start);
        var result = file.ReadAt(position, to);
        if (result.WouldBlock || result.IsError) return 0;
        // Behind its end the file's last page is zero, and behind that page nothing is.
        if (result.Value <= 0 && (file.Inode.Size == 0 || position >> 12 != file.Inode.Size - 1 >> 12)) return 0;
        to[(int)result.Value..].Clear();
        return to.Length;
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
        tree.Dispose();
        account.Dispose();
    }

    static CheckpointImage ViewOf(Checkpoint checkpoint, int? pid)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return pid is { } number ? checkpoint.ViewOf(number) : checkpoint.Image;
    }

    OpenFile? Open(FileName name)
    {
        if (open.TryGetValue(name, out var known)) return known;
        var result = tree.Open(new PathStart(tree.Root, tree.Root), GuestText.FromBytes(name.Bytes), OpenFlags.ReadOnly | OpenFlags.NonBlock, 0, out var file);
        if (file != null && (result.IsError || result.WouldBlock || !file.Inode.IsRegular))
        {
            file.Release();
            file = null;
        }
        open.Add(name, file);
        return file;
    }
}
