namespace CheckpointRestart.Core.Files;

/// <summary>What the terminals ask of the kernel, which knows tasks.</summary>
internal interface ITerminalHost
{
    /// <summary>Sends a signal to all of a process group, as the kernel itself (kill_pgrp).</summary>
    void SignalGroup(int processGroup, int signal);

    /// <summary>A terminal is gone for those that have it open: its session loses it, and the session's leader gets SIGHUP and SIGCONT.</summary>
    void HungUp(Terminal terminal);
}

/// <summary>struct winsize.</summary>
public readonly record struct WindowSize(ushort Rows, ushort Columns, ushort Width = 0, ushort Height = 0);

/// <summary>One side of a pseudo-terminal (Linux: tty_struct): its modes, its line discipline, and the bytes on the way to it.</summary>
internal sealed partial class Terminal
{
    /// <summary>Bytes on the way that the line discipline has not taken (tty_buffer_set_limit in pty.c).</summary>
    public const int Limit = 8192;

    /// <summary>TIOCPKT_* (asm-generic/ioctls.h).</summary>
    public const byte PacketFlushRead = 1, PacketFlushWrite = 2, PacketStop = 4, PacketStart = 8, PacketNoStop = 16, PacketDoStop = 32, PacketIoctl = 64;

    Termios modes;
    byte[] pending = [];
    int pendingStart;
    bool isMoving;

    public Terminal(PseudoTerminal pair, bool isMaster)
    {
        Pair = pair;
        IsMaster = isMaster;
        modes = isMaster ? Termios.Raw : Termios.Standard;
        Line = new LineDiscipline(this);
    }

    public PseudoTerminal Pair { get; }

    public bool IsMaster { get; }

    /// <summary>The other side.</summary>
    public Terminal Link => IsMaster ? Pair.Slave : Pair.Master;

    public LineDiscipline Line { get; }

    public ref readonly Termios Modes => ref modes;

    /// <summary>Open files on this side.</summary>
    public List<TerminalFile> Files { get; } = [];

    /// <summary>Who gets SIGIO; null while nobody asked.</summary>
    public AsyncFiles? Async { get; set; }

    /// <summary>Wakes readers, and who waits for news of the other side.</summary>
    public WaitQueue ReadWait { get; } = new();

    /// <summary>Wakes writers.</summary>
    public WaitQueue WriteWait { get; } = new();

    /// <summary>The other side is closed: reading ends with EIO.</summary>
    public bool IsOtherClosed { get; set; }

    /// <summary>Output was stopped by VSTOP or TCOOFF.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>It was stopped by TCOOFF: only TCOON starts it again.</summary>
    public bool IsStoppedByCall { get; private set; }

    /// <summary>TIOCEXCL.</summary>
    public bool IsExclusive { get; set; }

    /// <summary>TIOCPKT: reads begin with a status byte.</summary>
    public bool IsPacket { get; set; }

    /// <summary>What the other side is to be told in packet mode.</summary>
    public byte PacketStatus { get; set; }

    /// <summary>The session whose controlling terminal it is; 0 for none.</summary>
    public int Session { get; set; }

    /// <summary>The process group in the foreground; 0 for none.</summary>
    public int ForegroundGroup { get; set; }

    public WindowSize Size { get; set; }

    /// <summary>Its number (136:n, the slave's).</summary>
    public uint Device => FileSystem.MakeDevice(IsMaster ? 128u : 136u, (uint)Pair.Index);

    /// <summary>Bytes on the way to it.</summary>
    public int Pending { get; private set; }

    /// <summary>Bytes that may be emitted now.</summary>
    public int OutputRoom => IsStopped ? 0 : Limit - Link.Pending;

    /// <summary>True when a write waits for nothing.</summary>
    public bool CanWrite => OutputRoom > 0;

    /// <summary>Puts bytes on their way to the other side; <see cref="OutputRoom"/> says how many. <see cref="Deliver"/> follows.</summary>
    public void Emit(ReadOnlySpan<byte> bytes)
    {
        foreach (byte c in bytes) Emit(c);
    }

    public void Emit(byte c) => Link.Add(c);

    /// <summary>Lets the other side take what was emitted; echoes only once all input that has arrived is taken, so that a signal among it drops them.</summary>
    public void Deliver()
    {
        if (!isMoving) Link.Move();
    }

    /// <summary>Moves bytes on the way into the line discipline, as far as it takes them.</summary>
    public void Move()
    {
        if (isMoving) return;
        isMoving = true;
        bool any = false;
        while (Pending > 0)
        {
            int taken = Line.Receive(pending.AsSpan(pendingStart, Math.Min(Pending, Limit - pendingStart)));
            if (taken == 0) break;
            any = true;
            pendingStart = (pendingStart + taken) % Limit;
            Pending -= taken;
        }
        isMoving = false;
        if (!any) return;
        Link.Move();
        Link.WriteWait.Wake();
    }

    void Add(byte c)
    {
        if (pending.Length == 0) pending = new byte[Limit];
        pending[(pendingStart + Pending++) % Limit] = c;
    }

    /// <summary>New modes (tty_set_termios).</summary>
    public void SetModes(in Termios wanted)
    {
        var old = modes;
        modes = wanted;
        if (!IsMaster)
        {
            if (Link.IsPacket) TellModes(old);
            modes.Control = (modes.Control & ~(ControlModes.Size | ControlModes.ParityEnabled)) | ControlModes.EightBits | ControlModes.Read;
        }
        Line.ModesChanged(old);
        Move();
        ReadWait.Wake();
        WriteWait.Wake();
    }

    void TellModes(in Termios old)
    {
        bool external = (old.Local & LocalModes.ExternalProcessing) != 0 || modes.Has(LocalModes.ExternalProcessing);
        bool oldFlow = HasUsualFlow(old), newFlow = HasUsualFlow(modes);
        if (oldFlow == newFlow && !external) return;
        byte status = PacketStatus;
        if (oldFlow != newFlow) status = (byte)((status & ~(PacketDoStop | PacketNoStop)) | (newFlow ? PacketDoStop : PacketNoStop));
        if (external) status |= PacketIoctl;
        PacketStatus = status;
        Link.ReadWait.Wake();
    }

    static bool HasUsualFlow(in Termios modes) =>
        modes.Has(InputModes.FlowControl) && modes[ControlCharacter.Stop] == 0x13 && modes[ControlCharacter.Start] == 0x11;

    public void Stop()
    {
        if (IsStopped) return;
        IsStopped = true;
        Tell(PacketStop, PacketStart);
    }

    public void Start()
    {
        if (!IsStopped || IsStoppedByCall) return;
        IsStopped = false;
        Tell(PacketStart, PacketStop);
        WriteWait.Wake();
    }

    /// <summary>TCOOFF and TCOON.</summary>
    public void SetStoppedByCall(bool stopped)
    {
        if (IsStoppedByCall == stopped) return;
        IsStoppedByCall = stopped;
        if (stopped) Stop();
        else Start();
    }

    void Tell(byte set, byte clear)
    {
        if (!Link.IsPacket) return;
        PacketStatus = (byte)((PacketStatus & ~clear) | set);
        Link.ReadWait.Wake();
    }

    public void SignalForeground(int signal)
    {
        if (ForegroundGroup != 0) Pair.Table.Host?.SignalGroup(ForegroundGroup, signal);
    }

    /// <summary>Drops output that the other side has not taken.</summary>
    public void FlushOutput()
    {
        Link.DropPending();
        if (Link.IsPacket)
        {
            PacketStatus |= PacketFlushWrite;
            Link.ReadWait.Wake();
        }
        WriteWait.Wake();
    }

    /// <summary>Drops input that the program has not read (n_tty_flush_buffer).</summary>
    public void FlushInput()
    {
        Line.Reset();
        Move();
        TellFlushed();
    }

    /// <summary>Drops also what is on the way (TCFLSH).</summary>
    public void DropPending()
    {
        if (isMoving) return;
        Pending = pendingStart = 0;
        Link.WriteWait.Wake();
    }

    /// <summary>In packet mode the other side learns that input was dropped.</summary>
    public void TellFlushed()
    {
        if (!Link.IsPacket) return;
        PacketStatus |= PacketFlushRead;
        Link.ReadWait.Wake();
    }

    /// <summary>TIOCSWINSZ: both sides have the size, and the foreground learns of a change.</summary>
    public void Resize(in WindowSize size)
    {
        const int signalWindowChange = 28;
        var slave = Pair.Slave;
        if (slave.Size == size) return;
        slave.SignalForeground(signalWindowChange);
        slave.Size = Pair.Master.Size = size;
    }

    /// <summary>vhangup(2): nobody who has it open can use it any more; it can be opened anew.</summary>
    public void HangUp()
    {
        foreach (var file in Files) file.IsHungUp = true;
        Pair.Table.Host?.HungUp(this);
        Line.Reset();
        DropPending();
        FlushOutput();
        if (!IsMaster) SetModes(Termios.Standard);
        Session = ForegroundGroup = 0;
        PacketStatus = 0;
        Wake();
    }

    public void Wake()
    {
        ReadWait.Wake();
        WriteWait.Wake();
    }

    /// <summary>Everything that tells this from another, for the hash of a state.</summary>
    public void Describe(IStateDigest digest)
    {
        digest.Number(Pair.Index);
        Span<byte> layout = stackalloc byte[Termios.LongSize];
        modes.Write(layout);
        foreach (byte value in layout) digest.Number(value);
        digest.Number((IsStopped ? 1 : 0) | (IsStoppedByCall ? 2 : 0) | (IsExclusive ? 4 : 0) | (IsPacket ? 8 : 0) | (IsOtherClosed ? 16 : 0) | (Pair.IsLocked ? 32 : 0));
        digest.Number(PacketStatus);
        digest.Number(Session);
        digest.Number(ForegroundGroup);
        digest.Number((long)Size.Rows << 48 | (long)Size.Columns << 32 | (uint)Size.Width << 16 | Size.Height);
        digest.Number(Pending);
        for (int i = 0; i < Pending; i++) digest.Number(pending[(pendingStart + i) % Limit]);
        Line.Describe(digest);
    }
}
