using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <content>Mappings share the file's frames.</content>
public sealed partial class RegularInode
{
    HashSet<uint>? sharedWrites;

    internal Frame GetPage(uint index)
    {
        if (Load() != Errno.None || (long)index << 12 >= size) return default;
        if (pages.TryGetValue(index, out var page)) return !page.IsShared ? page.Frame : Unshare(index, whole: false, out var own) == Errno.None ? own : default;
        bool fromHost = (long)index << 12 < hostLength;
        // A hole gets a frame of its own at once, since a mapping may write into it without another word; it counts as changed.
        if (!fromHost && !volume.WritesThrough) return ChangePage(index, whole: false, out var fresh) == Errno.None ? fresh : default;
        var frame = volume.Allocate(zeroed: !fromHost);
        if (frame.IsNone) return default;
        if (fromHost && ReadHost((long)index << 12, frame.Bytes) != Errno.None)
        {
            FrameStore.Release(frame);
            return default;
        }
        SetPage(index, frame, isChanged: false);
        volume.Limits.Cache.Add(this, index);
        return frame;
    }

    internal void PageWritten(uint index)
    {
        if (!pages.TryGetValue(index, out var page)) return;
        ModifyTime = ChangeTime = volume.Now;
        if (volume.WritesThrough) (sharedWrites ??= []).Add(index);
        if (page.IsChanged) return;
        // The frame is already charged to the machine; beyond the overlay's limit it still counts, since a store cannot fail any more.
        if (!volume.WritesThrough)
        {
            volume.Limits.Charge(Frame.Size);
            changedPages++;
        }
        page.IsChanged = true;
        pages[index] = page;
    }

    /// <summary>A page that a checkpoint has gets a frame of its own, here and where it is mapped, before a mapping writes to it.</summary>
    internal bool TryOwn(uint index) => !pages.ContainsKey(index) || Unshare(index, whole: false, out _) == Errno.None;

    internal void Attach() => mappings++;

    internal void Detach()
    {
        if (--mappings > 0) return;
        FlushMapped();
        EvictIfUnused();
    }

    /// <summary>Writes to the host what mappings changed. While mappings are there, their pages stay marked: they may be written again unseen.</summary>
    internal Errno FlushMapped()
    {
        if (sharedWrites == null) return Errno.None;
        var result = Errno.None;
        foreach (uint index in sharedWrites.Order())
        {
            if (!pages.TryGetValue(index, out var page)) continue;
            long start = (long)index << 12;
            if (start >= size) continue;
            var error = WriteHost(start, page.Frame.Bytes[..(int)Math.Min(Frame.Size, size - start)]);
            if (error != Errno.None) result = error;
            if (mappings > 0) continue;
            page.IsChanged = false;
            pages[index] = page;
            volume.Limits.Cache.Add(this, index);
        }
        if (mappings == 0) sharedWrites = null;
        return result;
    }
}
