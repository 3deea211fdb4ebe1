namespace CheckpointRestart.Core.Files;

/// <summary>An open side of a pseudo-terminal. Who reads, writes or controls it matters, so the kernel asks <see cref="Terminal"/> itself; what is here
/// serves calls for which it does not (splice, sendfile) and the host.</summary>
internal sealed partial class TerminalFile : OpenFile
{
    public TerminalFile(Terminal terminal, Dentry dentry, OpenFlags flags) : base(dentry, flags, AccessOf(flags))
    {
        Terminal = terminal;
        terminal.Files.Add(this);
    }

    public Terminal Terminal { get; }

    /// <summary>The terminal was hung up: reading is at its end, all else EIO.</summary>
    public bool IsHungUp { get; set; }

    public override bool IsTerminal => true;

    public override WaitQueue? Readable => Terminal.ReadWait;

    public override WaitQueue? Writable => Terminal.WriteWait;

    internal override bool SetAsync(bool on, int descriptor)
    {
        (Terminal.Async ??= new()).Set(this, descriptor, on);
        return true;
    }

    public override PollEvents Poll()
    {
        const PollEvents input = PollEvents.In | PollEvents.ReadNormal;
        if (IsHungUp) return PollEvents.Ready | PollEvents.Error | PollEvents.HangUp;
        var events = PollEvents.None;
        if (Terminal.Line.PollsReadable) events |= input;
        if (Terminal.IsPacket && Terminal.Link.PacketStatus != 0) events |= input | PollEvents.Priority;
        if (Terminal.IsOtherClosed) events |= PollEvents.HangUp;
        if (Terminal.CanWrite) events |= PollEvents.Out | PollEvents.WriteNormal;
        return events;
    }

    /// <summary>What there is, without VMIN and VTIME.</summary>
    protected override IoResult ReadNext(Span<byte> to)
    {
        if (IsHungUp || to.IsEmpty) return Errno.None;
        if (!Terminal.Line.HasInput()) return Terminal.IsOtherClosed ? Errno.EIO : IsNonBlocking ? Errno.EAGAIN : IoResult.Block(Terminal.ReadWait);
        int count = Terminal.Line.Take(to);
        Terminal.Move();
        return IoResult.From(count);
    }

    protected override IoResult WriteNext(ReadOnlySpan<byte> from)
    {
        if (IsHungUp || (!Terminal.IsMaster && !Terminal.Pair.IsMasterOpen)) return Errno.EIO;
        int count = Terminal.Line.Write(from);
        if (count > 0 || from.IsEmpty) return IoResult.From(count);
        return IsNonBlocking ? Errno.EAGAIN : IoResult.Block(Terminal.WriteWait);
    }

    protected override void OnClose() => Terminal.Pair.Closed(this);
}
