using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>An open file: what descriptors share after dup(2) and fork(2). Position and flags are its own.</summary>
public abstract partial class OpenFile
{
    /// <summary>An open file with one reference.</summary>
    protected OpenFile(Dentry dentry, OpenFlags flags, FMode mode)
    {
        Dentry = dentry;
        Flags = flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoControllingTty | OpenFlags.Truncate | OpenFlags.CloseOnExec);
        Mode = mode;
        References = 1;
        dentry.Inode.Opened();
        dentry.Inode.FileSystem.Opens.Value++;
    }

    /// <summary>The name that it was opened by.</summary>
    public Dentry Dentry { get; }

    /// <summary>The file.</summary>
    public Inode Inode => Dentry.Inode;

    /// <summary>Access mode and status flags, as F_GETFL gives them.</summary>
    public OpenFlags Flags { get; internal set; }

    /// <summary>What may be done with it.</summary>
    public FMode Mode { get; }

    /// <summary>Bytes from the start; of a directory, a cookie.</summary>
    public long Position { get; set; }

    /// <summary>Holders: descriptors, mappings in progress, messages in flight. It is closed with the last.</summary>
    public int References { get; private set; }

    /// <summary>True when lseek(2) works.</summary>
    public bool CanSeek => (Mode & FMode.Seek) != 0;

    /// <summary>True for either end of a pipe or FIFO.</summary>
    public virtual bool IsPipe => false;

    /// <summary>True when sendfile(2) and splice(2) read from it.</summary>
    public virtual bool GivesSplices => true;

    /// <summary>True when they write to it.</summary>
    public virtual bool TakesSplices => true;

    /// <summary>True for a terminal (isatty).</summary>
    public virtual bool IsTerminal => false;

    protected bool IsNonBlocking => (Flags & OpenFlags.NonBlock) != 0;

    /// <summary>Adds a holder.</summary>
    public void AddReference() => References++;

    /// <summary>Drops a holder; the last closes the file.</summary>
    public void Release()
    {
        if (--References != 0) return;
        if ((Mode & FMode.Path) == 0) FileNotices.Send(Dentry, (Mode & FMode.Write) != 0 ? FileEvents.CloseWrite : FileEvents.CloseNoWrite);
        Watches?.DropAll();
        if ((Flags & OpenFlags.Async) != 0) SetAsync(false, -1);
        Inode.Locks?.Release(this);
        OnClose();
        Inode.FileSystem.Opens.Value--;
        Inode.Closed();
    }

    /// <summary>Changes the status flags (F_SETFL); bits other than <see cref="OpenFlags.Settable"/> are ignored.</summary>
    public virtual Errno SetFlags(OpenFlags flags)
    {
        Flags = (Flags & ~OpenFlags.Settable) | (flags & OpenFlags.Settable);
        return Errno.None;
    }

    /// <summary>Whom its signals go to (F_SETOWN); null when nobody was ever named.</summary>
    internal FileOwner? Owner { get; set; }

    /// <summary>Begins or ends to send SIGIO when there is news.</summary>
    /// <param name="on">What O_ASYNC becomes.</param>
    /// <param name="descriptor">What si_fd will say.</param>
    /// <returns>False when the file never sends any.</returns>
    internal virtual bool SetAsync(bool on, int descriptor) => false;

    /// <summary>Goes on with an open that waits: 0 when it is open, or the queue to wait for.</summary>
    public virtual IoResult ContinueOpen() => Errno.None;

    /// <summary>Reads at the position and moves it.</summary>
    /// <returns>Bytes, 0 at the end; EBADF when not open for reading.</returns>
    public IoResult Read(Span<byte> to)
    {
        if ((Mode & FMode.Read) == 0) return Errno.EBADF;
        if (!CanSeek) return HasRead(ReadNext(to));
        var result = ReadFrom(Position, to);
        if (result.Value > 0) Position += result.Value;
        return HasRead(result);
    }

    /// <summary>Writes at the position, or at the end with O_APPEND, and moves it. A pipe takes up to PIPE_BUF bytes of one call as a whole.</summary>
    public IoResult Write(ReadOnlySpan<byte> from)
    {
        if ((Mode & FMode.Write) == 0) return Errno.EBADF;
        if (!CanSeek) return HasWritten(WriteNext(from));
        long position = (Flags & OpenFlags.Append) != 0 ? Inode.Size : Position;
        var result = WriteTo(position, from);
        if (result.Value > 0) Position = position + result.Value;
        return HasWritten(result);
    }

    /// <summary>Reads at a given position (pread).</summary>
    /// <returns>Bytes; ESPIPE where there are no positions.</returns>
    public IoResult ReadAt(long position, Span<byte> to) =>
        position < 0 ? Errno.EINVAL
        : (Mode & FMode.Path) != 0 ? Errno.EBADF
        : (Mode & FMode.ReadAt) == 0 ? Errno.ESPIPE
        : (Mode & FMode.Read) == 0 ? Errno.EBADF
        : HasRead(ReadFrom(position, to));

    /// <summary>Writes at a given position (pwrite); as on Linux, at the end with O_APPEND whatever the position.</summary>
    public IoResult WriteAt(long position, ReadOnlySpan<byte> from) =>
        position < 0 ? Errno.EINVAL
        : (Mode & FMode.Path) != 0 ? Errno.EBADF
        : (Mode & FMode.WriteAt) == 0 ? Errno.ESPIPE
        : (Mode & FMode.Write) == 0 ? Errno.EBADF
        : HasWritten(WriteTo((Flags & OpenFlags.Append) != 0 ? Inode.Size : position, from));

    /// <summary>Moves the position (lseek).</summary>
    /// <returns>The new position; ESPIPE, EINVAL, ENXIO.</returns>
    public virtual IoResult Seek(long offset, Whence whence)
    {
        if ((Mode & FMode.Path) != 0) return Errno.EBADF;
        if (!CanSeek) return Errno.ESPIPE;
        long size = Inode.Size, target;
        switch (whence)
        {
            case Whence.Set: target = offset; break;
            case Whence.Current: target = unchecked(Position + offset); break;
            case Whence.End: target = unchecked(size + offset); break;
            case Whence.Data when offset >= 0 && offset < size: target = offset; break;
            case Whence.Hole when offset >= 0 && offset < size: target = size; break;
            case Whence.Data or Whence.Hole: return Errno.ENXIO;
            default: return Errno.EINVAL;
        }
        if (target < 0) return Errno.EINVAL;
        return IoResult.From(Position = target);
    }

    /// <summary>Gives a restored file the position that its image names. As <see cref="Seek"/> where that works; a standard stream goes on counting from it.</summary>
    public virtual void RestorePosition(long position) => Position = position;

    /// <summary>What may be done at once.</summary>
    public virtual PollEvents Poll() => PollEvents.Ready;

    /// <summary>Wakes when <see cref="Poll"/> may report In, Priority or HangUp anew; null when reading never waits.</summary>
    public virtual WaitQueue? Readable => null;

    /// <summary>Wakes when <see cref="Poll"/> may report Out or Error anew; null when writing never waits.</summary>
    public virtual WaitQueue? Writable => null;

    /// <summary>True when <see cref="Readable"/> and <see cref="Writable"/> are the same whoever asks.</summary>
    internal virtual bool HasOneQueue => true;

    /// <summary>True when the file can say when it is ready, so that epoll(7) may watch it.</summary>
    public virtual bool CanPoll => Readable != null || Writable != null;

    /// <summary>Bytes of one call that the file must see in one piece, wherever the caller's pages end: it moves records. 0: any piece will do.</summary>
    public virtual int WholeBytes => 0;

    /// <summary>What /proc/pid/fdinfo tells beyond position and flags: lines, or nothing.</summary>
    public virtual string Details => "";

    /// <summary>What the file holds beyond its name, flags and position, for the hash of a state: queues, counters, watches.</summary>
    public virtual void Describe(IStateDigest digest)
    {
    }

    /// <summary>The epolls that watch it; null when none ever did.</summary>
    internal EpollWatches? Watches { get; set; }

    /// <summary>ioctl(2): ENOTTY for what the file does not know.</summary>
    public virtual IoResult Ioctl(uint request, uint argument, AddressSpace memory) =>
        (Mode & FMode.Path) != 0 ? Errno.EBADF : Errno.ENOTTY;

    /// <summary>Gives entries from the position on and moves it. ENOTDIR when this is no directory, ENOENT when it was removed.</summary>
    public virtual Errno ReadDirectory(DirectoryFill fill) => (Mode & FMode.Path) != 0 ? Errno.EBADF : Errno.ENOTDIR;

    /// <summary>Sets the length (ftruncate). EINVAL when not open for writing or no regular file.</summary>
    public Errno Truncate(long size) =>
        size < 0 ? Errno.EINVAL
        : (Mode & FMode.Path) != 0 ? Errno.EBADF
        : (Mode & FMode.Write) == 0 || !Inode.IsRegular ? Errno.EINVAL
        : HasTruncated(Inode.Truncate(size));

    /// <summary>Writes out what the host does not have yet (fsync). EINVAL for what has nothing to write out.</summary>
    public virtual Errno Sync() => (Mode & FMode.Path) != 0 ? Errno.EBADF : Errno.EINVAL;

    /// <summary>The file's pages for mmap(2).</summary>
    /// <returns>None with the source; None with null when anonymous memory serves (/dev/zero); ENODEV when it cannot be mapped.
    /// The caller checks the access mode (EACCES).</returns>
    public virtual Errno GetPages(out IPageSource? pages)
    {
        pages = null;
        return (Mode & FMode.Path) != 0 ? Errno.EBADF : Errno.ENODEV;
    }

    IoResult HasRead(in IoResult result)
    {
        if (result.Value > 0) FileNotices.Send(Dentry, FileEvents.Access);
        return result;
    }

    IoResult HasWritten(in IoResult result)
    {
        if (result.Value > 0) FileNotices.Send(Dentry, FileEvents.Modify);
        return result;
    }

    Errno HasTruncated(Errno error)
    {
        if (error == Errno.None) FileNotices.Send(Dentry, FileEvents.Modify);
        return error;
    }

    /// <summary>The last holder is gone.</summary>
    protected virtual void OnClose()
    {
    }

    protected virtual IoResult ReadFrom(long position, Span<byte> to) => Errno.EINVAL;

    protected virtual IoResult WriteTo(long position, ReadOnlySpan<byte> from) => Errno.EINVAL;

    protected virtual IoResult ReadNext(Span<byte> to) => Errno.EINVAL;

    protected virtual IoResult WriteNext(ReadOnlySpan<byte> from) => Errno.EINVAL;

    /// <summary>The FMODE bits that flags of open(2) ask for, with those of a file that has positions.</summary>
    protected internal static FMode SeekableMode(OpenFlags flags) => AccessOf(flags) | FMode.Seek | FMode.ReadAt | FMode.WriteAt;

    /// <summary>The FMODE bits Read and Write that flags of open(2) ask for.</summary>
    protected internal static FMode AccessOf(OpenFlags flags) => (flags & OpenFlags.Path) != 0 ? FMode.Path : (FMode)(((uint)flags + 1) & 3);
}
