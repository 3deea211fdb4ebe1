using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A regular file in a snapshot: what the overlay holds of its contents, and which file of the host the rest must still be.</summary>
internal sealed class RegularImage : InodeImage
{
    public required (uint Index, Frame Frame)[] Pages { get; init; }

    public HostNode? Host { get; init; }

    public HostMetadata Identity { get; init; }

    public long Size { get; init; }

    public long HostLength { get; init; }

    public bool IsLoaded { get; init; }

    public bool IsCut { get; init; }

    public bool IsStale { get; init; }

    protected override Inode Restore(TreeBuilder builder, Volume volume) => new RegularInode(volume, this, builder.Rebase(Host));
}

/// <content>Snapshots. A page that a snapshot has too is copied before it is written. It is in no address space: what is mapped when the
/// snapshot is taken is copied for the snapshot at once, and what is mapped later is copied for the mapping.</content>
public sealed partial class RegularInode
{
    internal RegularInode(Volume volume, RegularImage image, HostNode? host) : base(volume.FileSystem, image.Number, FileModeBits.Regular)
    {
        this.volume = volume;
        Host = host;
        identity = image.Identity;
        size = image.Size;
        hostLength = image.HostLength;
        isLoaded = image.IsLoaded;
        isCut = image.IsCut;
        isStale = image.IsStale;
        foreach (var (index, frame) in image.Pages)
        {
            FrameStore.AddReference(frame);
            SetPage(index, frame, isChanged: true, isShared: true);
        }
        changedPages = image.Pages.Length;
        volume.Limits.Charge((long)changedPages * Frame.Size);
    }

    internal override InodeImage Save(TreeCapture capture)
    {
        var image = new RegularImage
        {
            Number = Number,
            Pages = SharePages(capture),
            Host = Host,
            Identity = identity,
            Size = size,
            HostLength = hostLength,
            IsLoaded = isLoaded,
            IsCut = isCut,
            IsStale = isStale,
        };
        capture.Files.Add(image);
        return image;
    }

    (uint, Frame)[] SharePages(TreeCapture capture)
    {
        if (changedPages == 0) return [];
        var shared = new (uint, Frame)[changedPages];
        int count = 0;
        foreach (uint index in pages.Keys)
        {
            var page = pages[index];
            if (!page.IsChanged) continue;
            if (!page.IsShared && FrameStore.ReferenceCount(page.Frame) != 1)
            {
                shared[count++] = (index, capture.Copy(page.Frame));
                continue;
            }
            FrameStore.AddReference(page.Frame);
            shared[count++] = (index, page.Frame);
            page.IsShared = true;
            pages[index] = page;
        }
        return shared;
    }

    /// <summary>Gives a page a frame that nobody has but those who map the file.</summary>
    /// <param name="index">A page that is there.</param>
    /// <param name="whole">True when the caller overwrites it all.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>None, or ENOSPC without memory.</returns>
    Errno Unshare(uint index, bool whole, out Frame frame)
    {
        var page = pages[index];
        frame = page.Frame;
        if (!page.IsShared) return Errno.None;
        int mapped = mappings > 0 ? volume.Account.CountMapped(index, page.Frame) : 0;
        if (FrameStore.ReferenceCount(page.Frame) != 1 + mapped)
        {
            frame = volume.Allocate(zeroed: false);
            if (frame.IsNone) return Errno.ENOSPC;
            if (!whole) page.Frame.Bytes.CopyTo(frame.Bytes);
            if (mapped > 0) volume.Account.MoveMapped(index, page.Frame, frame);
            FrameStore.Release(page.Frame);
        }
        pages[index] = new CachedPage { Frame = frame, IsChanged = page.IsChanged };
        return Errno.None;
    }
}
