using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Files;

/// <summary>/dev/null (null(4)).</summary>
internal sealed partial class NullFile(Dentry dentry, OpenFlags flags) : OpenFile(dentry, flags, SeekableMode(flags))
{
    protected override IoResult ReadFrom(long position, Span<byte> to) => Errno.None;

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from) => IoResult.From(from.Length);

    public override bool GivesSplices => false;

    public override IoResult Seek(long offset, Whence whence) => IoResult.From(Position = 0);
}

/// <summary>/dev/zero and /dev/full (full(4)).</summary>
internal sealed partial class ZeroFile(Dentry dentry, OpenFlags flags, bool isFull) : OpenFile(dentry, flags, SeekableMode(flags))
{
    protected override IoResult ReadFrom(long position, Span<byte> to)
    {
        to.Clear();
        return IoResult.From(to.Length);
    }

    public override bool TakesSplices => !isFull;

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from) => isFull ? Errno.ENOSPC : IoResult.From(from.Length);

    public override IoResult Seek(long offset, Whence whence) => IoResult.From(Position = 0);

    public override Errno GetPages(out IPageSource? pages)
    {
        pages = null;
        return isFull ? Errno.ENODEV : Errno.None;
    }
}

/// <summary>/dev/random and /dev/urandom (random(4)): the machine's own generator, so that a run can be repeated.</summary>
internal sealed partial class RandomFile(Dentry dentry, OpenFlags flags, RandomSource random) : OpenFile(dentry, flags, SeekableMode(flags))
{
    protected override IoResult ReadFrom(long position, Span<byte> to)
    {
        random(to);
        return IoResult.From(to.Length);
    }

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from) => IoResult.From(from.Length);

    public override IoResult Seek(long offset, Whence whence) => IoResult.From(Position);
}
