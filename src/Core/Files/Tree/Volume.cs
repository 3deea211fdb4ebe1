using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>What the files of one writable file system share: its numbers, its limits, its cache, and the way to the host.</summary>
internal sealed partial class Volume(FileSystem fileSystem, StorageLimits limits, DeviceTable devices, FileTreeServices services, bool writesThrough = false)
{
    public FileSystem FileSystem { get; } = fileSystem;

    public StorageLimits Limits { get; } = limits;

    public DeviceTable Devices { get; } = devices;

    public PipeBudget PipeBudget { get; } = limits.Pipes;

    /// <summary>True when changes go to the host's files.</summary>
    public bool WritesThrough { get; } = writesThrough;

    public Timespec Now => services.Clock();

    /// <summary>A mapped file has become shorter.</summary>
    public void TellGone(RegularInode file, uint firstPage) => services.PagesGone?.Invoke(file, firstPage);

    public MemoryAccount Account => services.Account;

    /// <summary>A frame for a page of a file; unchanged pages of other files give way when there is none left.</summary>
    public Frame Allocate(bool zeroed)
    {
        var frame = FrameStore.Allocate(Account, zeroed);
        if (!frame.IsNone || Limits.Cache.Shrink(0) == 0) return frame;
        return FrameStore.Allocate(Account, zeroed);
    }
}

/// <summary>How much the guest has added to its files, over all writable file systems of a machine.</summary>
internal sealed class StorageLimits(RootOptions options) : IDisposable
{
    /// <summary>Bytes.</summary>
    public long Used { get; private set; }

    /// <summary>Files that the guest has made and that still exist.</summary>
    public int Inodes { get; private set; }

    public long Limit { get; } = options.OverlayLimit;

    /// <summary>Files that are open.</summary>
    public OpenFileCount Opens { get; } = new();

    public int InodeLimit { get; } = options.InodeLimit;

    public long FileSizeLimit { get; } = options.FileSizeLimit;

    public PageCache Cache { get; } = new(options.CacheLimit);

    public HostHandles Handles { get; } = new();

    public PipeBudget Pipes { get; } = new();

    /// <summary>The files that have pages in memory.</summary>
    public HashSet<RegularInode> Files { get; } = [];

    public bool TryCharge(long bytes)
    {
        if (bytes > Limit - Used) return false;
        Used += bytes;
        return true;
    }

    public void Charge(long bytes) => Used += bytes;

    /// <summary>Takes bytes off; a host file that was there before may shrink by more than the guest has added.</summary>
    public void Refund(long bytes) => Used = Math.Max(0, Used - bytes);

    public bool TryAddInode()
    {
        if (Inodes >= InodeLimit) return false;
        Inodes++;
        return true;
    }

    /// <summary>Counts a file that was there before, whatever the limit is now.</summary>
    public void AddInode() => Inodes++;

    public void RemoveInode() => Inodes--;

    public void Dispose() => Handles.Dispose();
}

/// <summary>The pages in memory that equal the host's files: the oldest are let go when there are too many.</summary>
internal sealed class PageCache(long limitBytes)
{
    readonly Queue<(RegularInode File, uint Index)> pages = new();
    readonly int most = (int)Math.Clamp(limitBytes / Frame.Size, 1, int.MaxValue);

    public void Add(RegularInode file, uint index)
    {
        pages.Enqueue((file, index));
        if (pages.Count > most) Shrink(most - most / 8);
    }

    /// <summary>Lets pages go until at most <paramref name="keep"/> are left; mapped ones stay.</summary>
    /// <returns>Pages let go.</returns>
    public int Shrink(int keep)
    {
        int freed = 0;
        for (int tries = pages.Count; tries > 0 && pages.Count > keep; tries--)
        {
            var page = pages.Dequeue();
            switch (page.File.TryForget(page.Index))
            {
                case true: freed++; break;
                case null: pages.Enqueue(page); break;
            }
        }
        return freed;
    }
}
