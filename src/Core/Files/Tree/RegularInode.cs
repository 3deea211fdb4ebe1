using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>A regular file: its contents are page frames, which mappings share. Pages of a host file are read when first touched;
/// a page that was never written and lies in no host file is a hole.</summary>
public sealed partial class RegularInode : Inode, IProgramFile
{
    readonly Dictionary<uint, CachedPage> pages = [];
    readonly Volume volume;
    long size;
    int changedPages;
    FileSeals seals;
    int mappings;
    int writers;

    struct CachedPage
    {
        public Frame Frame;
        /// <summary>The contents are not, or may not be, in the host's file.</summary>
        public bool IsChanged;
        /// <summary>A snapshot has, or had, the frame too: see <see cref="Unshare"/>.</summary>
        public bool IsShared;
    }

    internal RegularInode(Volume volume, uint mode) : base(volume.FileSystem, volume.FileSystem.TakeInode(), FileModeBits.Regular | mode)
    {
        this.volume = volume;
        isLoaded = true;
        AccessTime = ModifyTime = ChangeTime = volume.Now;
    }

    /// <inheritdoc/>
    public override long Size
    {
        get
        {
            _ = Load();
            return size;
        }
    }

    /// <inheritdoc/>
    public override long Blocks => volume.WritesThrough ? (Size + 511) / 512 : ((hostLength + Frame.Size - 1) / Frame.Size + PagesBeyondHost) * 8;

    /// <summary>It has no name yet, and may be given one (O_TMPFILE).</summary>
    internal bool IsLinkable { get; set; }

    /// <summary>Bytes that the overlay holds of this file.</summary>
    public long OverlayBytes => volume.WritesThrough ? 0 : (long)changedPages * Frame.Size;

    /// <summary>What can no longer be done to a file in memory; sealed against further seals unless made otherwise.</summary>
    public FileSeals Seals => seals | (CanSeal ? 0 : FileSeals.Seal);

    /// <summary>True for a memory file that was made with MFD_ALLOW_SEALING and has not been sealed against it.</summary>
    internal bool CanSeal { get; set; }

    /// <summary>True for files in memory alone, which have seals.</summary>
    public bool HasSeals => volume.FileSystem.Type == "tmpfs";

    /// <summary>Adds seals (F_ADD_SEALS). EPERM when that is sealed; the caller checks the rest.</summary>
    public Errno AddSeals(FileSeals added)
    {
        if ((Seals & FileSeals.Seal) != 0) return Errno.EPERM;
        seals |= added;
        return Errno.None;
    }

    internal override bool IsInUse => base.IsInUse || mappings > 0 || writers < 0;

    /// <summary>True while a program that runs from this file forbids writing it (ETXTBSY).</summary>
    public bool IsWriteDenied => writers < 0;

    /// <summary>Forbids writing while a program runs from the file. ETXTBSY when it is open for writing.</summary>
    public Errno DenyWrite()
    {
        if (writers > 0) return Errno.ETXTBSY;
        writers--;
        return Errno.None;
    }

    /// <summary>Takes back one <see cref="DenyWrite"/>.</summary>
    public void AllowWrite()
    {
        writers++;
        EvictIfUnused();
    }

    /// <inheritdoc/>
    public void HoldProgram() => writers--;

    /// <inheritdoc/>
    public void ReleaseProgram() => AllowWrite();

    /// <inheritdoc/>
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        var error = Load();
        if (error != Errno.None) return error;
        bool writes = (OpenFile.AccessOf(flags) & FMode.Write) != 0;
        if (writes && writers < 0) return Errno.ETXTBSY;
        if ((flags & OpenFlags.Path) == 0 && (error = CheckLower(writes && volume.WritesThrough)) != Errno.None) return error;
        if ((flags & OpenFlags.Truncate) != 0 && (flags & OpenFlags.Path) == 0)
        {
            if (writers < 0) return Errno.ETXTBSY;
            error = Truncate(0);
            if (error != Errno.None) return error;
        }
        if (writes) writers++;
        file = new RegularFile(dentry, flags) { IsWriter = writes };
        return Errno.None;
    }

    /// <summary>An empty file without a name, open for reading and writing, which does not keep it from being run.</summary>
    internal static OpenFile OpenMemory(Dentry dentry) => new RegularFile(dentry, OpenFlags.ReadWrite | OpenFlags.LargeFile);

    internal void WriterClosed(bool isCounted)
    {
        if (isCounted) writers--;
        if (volume.WritesThrough) FlushTimes();
    }

    internal IoResult Read(long position, Span<byte> to)
    {
        var error = Load();
        if (error != Errno.None) return error;
        if (position >= size) return Errno.None;
        if (to.Length > size - position) to = to[..(int)(size - position)];
        int done = 0;
        while (done < to.Length)
        {
            uint index = (uint)(position >> 12);
            int offset = (int)(position & 0xFFF);
            int length = Math.Min(to.Length - done, Frame.Size - offset);
            var part = to.Slice(done, length);
            if (pages.TryGetValue(index, out var page)) page.Frame.Bytes.Slice(offset, length).CopyTo(part);
            else if (position >= hostLength) part.Clear();
            else if ((error = ReadHostPage(index, offset, part)) != Errno.None) return done > 0 ? IoResult.From(done) : error;
            done += length;
            position += length;
        }
        return IoResult.From(done);
    }

    internal IoResult Write(long position, ReadOnlySpan<byte> from)
    {
        var error = Load();
        if (error != Errno.None) return error;
        if (from.IsEmpty) return Errno.None;
        if (seals != 0)
        {
            if ((seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0) return Errno.EPERM;
            if ((seals & FileSeals.Grow) != 0 && position + from.Length > size) return Errno.EPERM;
        }
        if (position >= volume.Limits.FileSizeLimit) return Errno.EFBIG;
        if (from.Length > volume.Limits.FileSizeLimit - position) from = from[..(int)(volume.Limits.FileSizeLimit - position)];
        ModifyTime = ChangeTime = volume.Now;
        if (volume.WritesThrough) return WriteThrough(position, from);
        int done = 0;
        while (done < from.Length)
        {
            int offset = (int)(position & 0xFFF);
            int length = Math.Min(from.Length - done, Frame.Size - offset);
            error = ChangePage((uint)(position >> 12), whole: length == Frame.Size, out var frame);
            if (error != Errno.None) break;
            from.Slice(done, length).CopyTo(frame.Bytes[offset..]);
            done += length;
            position += length;
            if (position > size) size = position;
        }
        return done > 0 ? IoResult.From(done) : error;
    }

    /// <inheritdoc/>
    public override Errno Truncate(long size)
    {
        var error = Load();
        if (error != Errno.None) return error;
        if (size > volume.Limits.FileSizeLimit) return Errno.EFBIG;
        if (((seals & FileSeals.Shrink) != 0 && size < this.size) || ((seals & FileSeals.Grow) != 0 && size > this.size)) return Errno.EPERM;
        if (writers < 0) return Errno.ETXTBSY;
        if (volume.WritesThrough && (error = ResizeHost(size)) != Errno.None) return error;
        if (size < this.size && (error = CutTo(size)) != Errno.None) return error;
        this.size = size;
        ModifyTime = ChangeTime = volume.Now;
        return Errno.None;
    }

    Errno CutTo(long newSize)
    {
        uint firstGone = (uint)((newSize + Frame.Size - 1) >> 12);
        int tail = (int)(newSize & 0xFFF);
        if (tail != 0 && pages.ContainsKey((uint)(newSize >> 12)))
        {
            var error = Unshare((uint)(newSize >> 12), whole: false, out var last);
            if (error != Errno.None) return error;
            last.Bytes[tail..].Clear();
        }
        if (mappings > 0) volume.TellGone(this, firstGone);
        if (pages.Count > 0)
        {
            var gone = new List<uint>();
            foreach (uint index in pages.Keys)
                if (index >= firstGone) gone.Add(index);
            foreach (uint index in gone) RemovePage(index);
        }
        if (!volume.WritesThrough && newSize < hostLength)
        {
            hostLength = newSize;
            isCut = true;
        }
        return Errno.None;
    }

    /// <summary>The page for writing: in memory, and counted as changed.</summary>
    Errno ChangePage(uint index, bool whole, out Frame frame)
    {
        bool isThere = pages.TryGetValue(index, out var page);
        frame = page.Frame;
        if (isThere && page.IsShared) return Unshare(index, whole, out frame);
        if (isThere && page.IsChanged) return Errno.None;
        if (!volume.Limits.TryCharge(Frame.Size)) return Errno.ENOSPC;
        if (!isThere)
        {
            bool fromHost = ((long)index << 12) < hostLength;
            frame = volume.Allocate(zeroed: !fromHost && !whole);
            var error = frame.IsNone ? Errno.ENOSPC : Errno.None;
            if (error == Errno.None && fromHost && !whole && (error = ReadHost((long)index << 12, frame.Bytes)) != Errno.None) FrameStore.Release(frame);
            if (error != Errno.None)
            {
                volume.Limits.Refund(Frame.Size);
                return error;
            }
        }
        SetPage(index, frame, isChanged: true);
        changedPages++;
        return Errno.None;
    }

    void SetPage(uint index, Frame frame, bool isChanged, bool isShared = false)
    {
        if (pages.Count == 0) volume.Limits.Files.Add(this);
        pages[index] = new CachedPage { Frame = frame, IsChanged = isChanged, IsShared = isShared };
    }

    void RemovePage(uint index)
    {
        if (!pages.Remove(index, out var page)) return;
        if (page.IsChanged && !volume.WritesThrough)
        {
            volume.Limits.Refund(Frame.Size);
            changedPages--;
        }
        FrameStore.Release(page.Frame);
    }

    long PagesBeyondHost
    {
        get
        {
            if (hostLength == 0) return changedPages;
            long hostPages = (hostLength + Frame.Size - 1) >> 12;
            if (size <= hostPages << 12) return 0;
            long count = 0;
            foreach (var (index, page) in pages)
                if (page.IsChanged && index >= hostPages) count++;
            return count;
        }
    }

    /// <summary>Lets an unchanged page go.</summary>
    /// <returns>True when it did, false when there is none, null when a mapping holds it.</returns>
    internal bool? TryForget(uint index)
    {
        if (!pages.TryGetValue(index, out var page) || page.IsChanged) return false;
        if (FrameStore.ReferenceCount(page.Frame) != 1) return null;
        RemovePage(index);
        return true;
    }

    internal override void Evict()
    {
        ReleasePages();
        volume.Limits.Handles.Drop(this);
        deletedHandle?.Dispose();
        deletedHandle = null;
    }

    /// <summary>Frees all pages; what was written to them is lost.</summary>
    internal void ReleasePages()
    {
        foreach (var page in pages.Values)
        {
            if (page.IsChanged && !volume.WritesThrough) volume.Limits.Refund(Frame.Size);
            FrameStore.Release(page.Frame);
        }
        pages.Clear();
        changedPages = 0;
        volume.Limits.Files.Remove(this);
    }
}
