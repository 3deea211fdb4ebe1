using CheckpointRestart.Core.Memory;
using Microsoft.Win32.SafeHandles;

namespace CheckpointRestart.Core.Files;

/// <content>The host's file behind it: read in place, fixed at first use, and written where the root is writable in place.</content>
public sealed partial class RegularInode
{
    HostMetadata identity;
    long hostLength;
    bool isLoaded;
    bool isCut;
    bool isStale;
    bool hasNewTimes;
    bool wasReadWhole;
    SafeFileHandle? deletedHandle;

    internal RegularInode(Volume volume, HostNode host) : base(volume.FileSystem, volume.FileSystem.TakeInode(), FileModeBits.Regular)
    {
        this.volume = volume;
        Host = host;
    }

    internal bool WritesThrough => volume.WritesThrough && Host != null;

    /// <inheritdoc/>
    public override FileOrigin Origin =>
        Host == null ? FileOrigin.Overlay
        : volume.WritesThrough || (changedPages == 0 && !isCut && size == identity.Size) ? FileOrigin.Host
        : FileOrigin.HostChanged;

    /// <inheritdoc/>
    public override Errno Load()
    {
        if (isLoaded) return Errno.None;
        var error = Host!.Layer.Stat(Host, out var data);
        if (error == Errno.ENOENT || (error == Errno.None && data.Type != FileModeBits.Regular)) return Errno.ESTALE;
        if (error != Errno.None) return error;
        Fix(data);
        return Errno.None;
    }

    void Fix(in HostMetadata data)
    {
        isLoaded = true;
        identity = data;
        size = hostLength = data.Size;
        SetLower(data);
    }

    internal void Created(SafeFileHandle handle, uint mode)
    {
        if (Host!.Root.Stat(handle, out var data) == Errno.None) Fix(data);
        Mode = FileModeBits.Regular | mode;
        AccessTime = ModifyTime = ChangeTime = volume.Now;
        hasNewTimes = true;
        volume.Limits.Handles.Add(this, handle, writable: true);
    }

    Errno GetHandle(bool writable, out SafeFileHandle? handle)
    {
        handle = deletedHandle ?? volume.Limits.Handles.Find(this, writable);
        if (handle != null) return Errno.None;
        if (isStale) return Errno.ESTALE;
        var error = Host!.Root.OpenFile(Host.Path, writable, out handle);
        if (error == Errno.ENOENT) error = Errno.ESTALE;
        if (error != Errno.None) return error;
        error = Check(handle!);
        if (error != Errno.None)
        {
            handle!.Dispose();
            handle = null;
            return error;
        }
        volume.Limits.Handles.Add(this, handle!, writable);
        return Errno.None;
    }

    Errno Check(SafeFileHandle handle)
    {
        var error = Host!.Root.Stat(handle, out var now);
        if (error != Errno.None) return error;
        if (now.IsSameFile(identity)) return Errno.None;
        isStale = true;
        return Errno.ESTALE;
    }

    /// <summary>Reads from the host's file; what lies beyond <see cref="hostLength"/> is zero. The file is looked at afterwards: what was
    /// read counts only when it is still the file that was first seen.</summary>
    Errno ReadHost(long position, Span<byte> to)
    {
        if (isStale) return Errno.ESTALE;
        int wanted = (int)Math.Clamp(hostLength - position, 0, to.Length), read;
        SafeFileHandle? handle = null;
        Errno error;
        if (Host!.Layer is TarLayer tar)
        {
            error = tar.Read(identity, position, to[..wanted], out read);
        }
        else
        {
            error = GetHandle(writable: false, out handle);
            if (error != Errno.None) return error;
            error = HostRoot.Read(handle!, position, to[..wanted], out read);
        }
        isStale |= error == Errno.ESTALE || (error == Errno.None && read < wanted);
        if (error != Errno.None) return error;
        to[read..].Clear();
        return isStale ? Errno.ESTALE : handle == null ? Errno.None : Check(handle);
    }

    /// <summary>Whether the lower layer's file can be opened, and is still the one that was first seen.</summary>
    Errno CheckLower(bool writable) =>
        Host == null ? Errno.None
        : isStale ? Errno.ESTALE
        : Host.Layer is TarLayer tar ? tar.Archive.Check()
        : GetHandle(writable, out _);

    /// <summary>Reads a part of a page, by way of the cache while there is memory for it. What is read whole in one piece, as most small files are, is kept when it is read again.</summary>
    Errno ReadHostPage(uint index, int offset, Span<byte> to)
    {
        if (to.Length == hostLength && !wasReadWhole)
        {
            wasReadWhole = true;
            return ReadHost(0, to);
        }
        var frame = volume.Allocate(zeroed: false);
        if (frame.IsNone) return ReadHost(((long)index << 12) + offset, to);
        var error = ReadHost((long)index << 12, frame.Bytes);
        if (error != Errno.None)
        {
            FrameStore.Release(frame);
            return error;
        }
        frame.Bytes.Slice(offset, to.Length).CopyTo(to);
        SetPage(index, frame, isChanged: false);
        volume.Limits.Cache.Add(this, index);
        return Errno.None;
    }

    IoResult WriteThrough(long position, ReadOnlySpan<byte> from)
    {
        long growth = Math.Max(0, position + from.Length - size);
        if (!volume.Limits.TryCharge(growth)) return Errno.ENOSPC;
        var error = WriteHost(position, from);
        if (error != Errno.None)
        {
            volume.Limits.Refund(growth);
            return error;
        }
        size = hostLength = Math.Max(size, position + from.Length);
        for (int done = 0; done < from.Length;)
        {
            int offset = (int)((position + done) & 0xFFF);
            int length = Math.Min(from.Length - done, Frame.Size - offset);
            if (pages.TryGetValue((uint)((position + done) >> 12), out var page)) from.Slice(done, length).CopyTo(page.Frame.Bytes[offset..]);
            done += length;
        }
        return IoResult.From(from.Length);
    }

    Errno WriteHost(long position, ReadOnlySpan<byte> from)
    {
        var error = GetHandle(writable: true, out var handle);
        if (error == Errno.None) error = HostRoot.Write(handle!, position, from);
        if (error == Errno.None) error = Renew(handle!);
        return error;
    }

    Errno ResizeHost(long newSize)
    {
        long growth = Math.Max(0, newSize - size);
        if (!volume.Limits.TryCharge(growth)) return Errno.ENOSPC;
        var error = GetHandle(writable: true, out var handle);
        if (error == Errno.None) error = HostRoot.SetLength(handle!, newSize);
        if (error == Errno.None) error = Renew(handle!);
        if (error != Errno.None) volume.Limits.Refund(growth);
        else if (newSize < size) volume.Limits.Refund(size - newSize);
        if (error == Errno.None) hostLength = newSize;
        return error;
    }

    /// <summary>Our own change of the host's file is no reason for ESTALE.</summary>
    Errno Renew(SafeFileHandle handle)
    {
        hasNewTimes = true;
        var error = Host!.Root.Stat(handle, out var now);
        if (error == Errno.None) identity = now;
        return error;
    }

    internal Errno Flush()
    {
        if (!volume.WritesThrough || Host == null) return Errno.None;
        var error = FlushMapped();
        FlushTimes();
        if (error != Errno.None) return error;
        error = GetHandle(writable: false, out var handle);
        return error != Errno.None ? error : HostRoot.Flush(handle!);
    }

    /// <summary>Gives the host's file the times that the guest sees.</summary>
    internal void FlushTimes()
    {
        if (!hasNewTimes || Host == null || Links == 0) return;
        hasNewTimes = false;
        if (Host.Root.SetTimes(Host.Path, AccessTime, ModifyTime) != Errno.None) return;
        if (Host.Root.Stat(Host.Path, out var now) == Errno.None && now.Inode == identity.Inode) identity = now;
    }

    /// <summary>The host's last name is about to go while the file is in use: it stays reachable by a handle of its own.</summary>
    internal void KeepOpen()
    {
        if (Host == null || deletedHandle != null || !IsInUse) return;
        if (Host.Root.OpenFile(Host.Path, writable: true, out var handle) != Errno.None
            && Host.Root.OpenFile(Host.Path, writable: false, out handle) != Errno.None) return;
        deletedHandle = handle;
    }

    internal void TimesChanged()
    {
        if (!volume.WritesThrough) return;
        hasNewTimes = true;
        FlushTimes();
    }
}
