using System.Buffers.Binary;

namespace CheckpointRestart.Core.Files;

/// <summary>A counter with a descriptor (eventfd(2)).</summary>
public sealed partial class EventFile : AnonymousFile
{
    /// <summary>Bytes that one read or write moves.</summary>
    const int Width = 8;

    readonly WaitQueue readable = new(), writable = new();

    /// <summary>Makes one with one reference.</summary>
    /// <param name="tree">The machine's tree.</param>
    /// <param name="count">What it begins with.</param>
    /// <param name="isSemaphore">EFD_SEMAPHORE: a read takes 1 and not all.</param>
    /// <param name="flags">O_NONBLOCK.</param>
    public EventFile(FileTree tree, ulong count, bool isSemaphore, OpenFlags flags) : base(tree, "[eventfd]", flags | OpenFlags.ReadWrite)
    {
        Count = count;
        IsSemaphore = isSemaphore;
        Number = tree.NextEventNumber++;
    }

    /// <summary>The counter, at most 2^64 - 2.</summary>
    public ulong Count { get; private set; }

    /// <summary>A read takes 1 and not all.</summary>
    public bool IsSemaphore { get; private set; }

    int Number { get; set; }

    /// <inheritdoc/>
    public override WaitQueue Readable => readable;

    /// <inheritdoc/>
    public override WaitQueue Writable => writable;

    /// <inheritdoc/>
    public override int WholeBytes => Width;

    /// <inheritdoc/>
    public override string Details => $"eventfd-count: {Count,16:x}\neventfd-id: {Number}\n";

    /// <inheritdoc/>
    public override PollEvents Poll() =>
        (Count > 0 ? PollEvents.In : 0) | (Count < ulong.MaxValue - 1 ? PollEvents.Out : 0) | (Count == ulong.MaxValue ? PollEvents.Error : 0);

    /// <inheritdoc/>
    public override void Describe(IStateDigest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        digest.Number((long)Count);
        digest.Number((long)Number << 1 | (IsSemaphore ? 1L : 0));
    }

    /// <inheritdoc/>
    protected override IoResult ReadNext(Span<byte> to)
    {
        if (to.Length < Width) return Errno.EINVAL;
        if (Count == 0) return IsNonBlocking ? Errno.EAGAIN : IoResult.Block(readable);
        ulong taken = IsSemaphore ? 1 : Count;
        Count -= taken;
        BinaryPrimitives.WriteUInt64LittleEndian(to, taken);
        writable.Wake(PollEvents.Out);
        return IoResult.From(Width);
    }

    /// <inheritdoc/>
    protected override IoResult WriteNext(ReadOnlySpan<byte> from)
    {
        if (from.Length < Width) return Errno.EINVAL;
        ulong added = BinaryPrimitives.ReadUInt64LittleEndian(from);
        if (added == ulong.MaxValue) return Errno.EINVAL;
        if (ulong.MaxValue - Count <= added) return IsNonBlocking ? Errno.EAGAIN : IoResult.Block(writable);
        Count += added;
        readable.Wake(PollEvents.In);
        return IoResult.From(Width);
    }
}
