namespace CheckpointRestart.Core.Files;

/// <summary>A standard stream as the guest sees it: a regular append-only file. What was read or taken is gone, but the size goes on counting.</summary>
public sealed partial class StreamInode : Inode
{
    internal StreamInode(FileSystem fileSystem, MachineStreams streams, StreamKind kind, Func<Timespec> clock)
        : this(fileSystem, fileSystem.TakeInode(), streams, kind, clock)
    {
        AccessTime = ModifyTime = ChangeTime = clock();
    }

    internal StreamInode(FileSystem fileSystem, ulong number, MachineStreams streams, StreamKind kind, Func<Timespec> clock)
        : base(fileSystem, number, FileModeBits.Regular | 0x1B6)
    {
        Streams = streams;
        Kind = kind;
        Clock = clock;
    }

    /// <summary>Which stream.</summary>
    public StreamKind Kind { get; }

    /// <inheritdoc/>
    public override FileOrigin Origin => FileOrigin.Stream;

    /// <inheritdoc/>
    public override long Size => Streams.SizeOf(Kind);

    internal MachineStreams Streams { get; }

    internal Func<Timespec> Clock { get; }

    internal override InodeImage Save(TreeCapture capture) => new StreamImage { Number = Number, Kind = Kind };

    /// <summary>Input is opened for reading, the others for writing; else EACCES. O_TRUNC does nothing.</summary>
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        bool isInput = Kind == StreamKind.Input;
        if ((flags & OpenFlags.AccessMode) != (isInput ? OpenFlags.ReadOnly : OpenFlags.WriteOnly)) return Errno.EACCES;
        file = new StreamFile(dentry, isInput ? flags : flags | OpenFlags.Append);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EPERM;
}

/// <summary>An open standard stream. Reading waits for input or its end; writing waits while the host leaves the stream full.</summary>
internal sealed partial class StreamFile : OpenFile
{
    readonly StreamInode stream;

    public StreamFile(Dentry dentry, OpenFlags flags)
        : base(dentry, flags, (flags & OpenFlags.AccessMode) == OpenFlags.ReadOnly ? FMode.Read : SeekableMode(flags))
    {
        stream = (StreamInode)dentry.Inode;
        if (IsInput) Position = stream.Streams.Position(StreamKind.Input);
    }

    bool IsInput => stream.Kind == StreamKind.Input;

    public override WaitQueue? Readable => IsInput ? stream.Streams.QueueOf(stream.Kind) : null;

    public override WaitQueue? Writable => IsInput ? null : stream.Streams.QueueOf(stream.Kind);

    public override Errno SetFlags(OpenFlags flags) => base.SetFlags(IsInput ? flags : flags | OpenFlags.Append);

    public override void RestorePosition(long position)
    {
        Position = position;
        stream.Streams.SetPosition(stream.Kind, position);
    }

    public override Errno Sync() => Errno.None;

    public override PollEvents Poll()
    {
        const PollEvents input = PollEvents.In | PollEvents.ReadNormal, output = PollEvents.Out | PollEvents.WriteNormal;
        var streams = stream.Streams;
        if (IsInput) return streams.Unread(StreamKind.Input) > 0 || streams.IsInputEnded ? input : PollEvents.None;
        return streams.HasRoom(stream.Kind) ? output : PollEvents.None;
    }

    protected override IoResult ReadNext(Span<byte> to)
    {
        var result = stream.Streams.GuestRead(to);
        if (result.WouldBlock && IsNonBlocking) return Errno.EAGAIN;
        if (result.Value > 0) Position += result.Value;
        return result;
    }

    protected override IoResult WriteTo(long position, ReadOnlySpan<byte> from)
    {
        var result = stream.Streams.GuestWrite(stream.Kind, from, IsNonBlocking);
        if (result.WouldBlock && IsNonBlocking) return Errno.EAGAIN;
        if (result.Value > 0) stream.ModifyTime = stream.ChangeTime = stream.Clock();
        return result;
    }
}
