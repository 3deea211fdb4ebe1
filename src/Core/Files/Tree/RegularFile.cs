using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>An open regular file.</summary>
internal sealed partial class RegularFile(Dentry dentry, OpenFlags flags) : OpenFile(dentry, flags, SeekableMode(flags))
{
    const uint BytesToRead = 0x541B;

    RegularInode File => (RegularInode)Inode;

    /// <summary>True while the file cannot be run because of this opening (FMODE_WRITER): not so for the one that memfd_create(2) gives.</summary>
    public bool IsWriter { get; set; }

    protected override IoResult ReadFrom(long position, Span<byte> to) => File.Read(position, to);

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from) => File.Write(position, from);

    public override IoResult Seek(long offset, Whence whence)
    {
        if (whence is not (Whence.Data or Whence.Hole) || (Mode & FMode.Path) != 0) return base.Seek(offset, whence);
        if (offset < 0 || offset >= File.Size) return Errno.ENXIO;
        long? target = whence == Whence.Data ? File.NextData(offset) : File.NextHole(offset);
        return target is { } found ? IoResult.From(Position = found) : Errno.ENXIO;
    }

    public override IoResult Ioctl(uint request, uint argument, AddressSpace memory)
    {
        if ((Mode & FMode.Path) != 0) return Errno.EBADF;
        if (request != BytesToRead) return Errno.ENOTTY;
        return memory.TryWrite(argument, (int)Math.Clamp(File.Size - Position, int.MinValue, int.MaxValue)) ? Errno.None : Errno.EFAULT;
    }

    public override Errno Sync() => (Mode & FMode.Path) != 0 ? Errno.EBADF : File.Flush();

    public override Errno GetPages(out IPageSource? pages)
    {
        pages = null;
        if ((Mode & FMode.Path) != 0) return Errno.EBADF;
        pages = Dentry.Mapped ??= new MappedFile(Dentry, File);
        return Errno.None;
    }

    protected override void OnClose()
    {
        if ((Mode & FMode.Write) != 0) File.WriterClosed(IsWriter);
    }
}

/// <summary>Opened with O_PATH: a place in the tree, for use with the *at calls, fstat and fexecve.</summary>
internal sealed partial class PathFile(Dentry dentry, OpenFlags flags)
    : OpenFile(dentry, flags & (OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow), FMode.Path)
{
    public override Errno SetFlags(OpenFlags flags) => Errno.EBADF;

    public override PollEvents Poll() => PollEvents.Invalid;
}
