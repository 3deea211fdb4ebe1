using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: one side, with what is on the way to it.</content>
internal sealed partial class Terminal : IStateObject
{
    /// <summary>The highest number of a session or process group.</summary>
    const int MostId = 32767;

    bool isMade;

    string IStateObject.StateKind => "terminal";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("pair", Pair);
        visitor.Flag("master", IsMaster);
        modes.Visit(visitor);
        int start = visitor.Int("pending-start", pendingStart, 0, Limit - 1);
        var bytes = visitor.Bytes("pending", PendingBytes, Limit) ?? [];
        IsOtherClosed = visitor.Flag("other-closed", IsOtherClosed);
        IsStopped = visitor.Flag("stopped", IsStopped);
        IsStoppedByCall = visitor.Flag("stopped-by-call", IsStoppedByCall);
        IsExclusive = visitor.Flag("exclusive", IsExclusive);
        IsPacket = visitor.Flag("packet", IsPacket);
        PacketStatus = (byte)visitor.Uint("packet-status", PacketStatus, byte.MaxValue);
        Session = visitor.Int("session", Session, 0, MostId);
        ForegroundGroup = visitor.Int("foreground", ForegroundGroup, 0, MostId);
        Size = new((ushort)visitor.Uint("rows", Size.Rows, ushort.MaxValue), (ushort)visitor.Uint("columns", Size.Columns, ushort.MaxValue),
            (ushort)visitor.Uint("width", Size.Width, ushort.MaxValue), (ushort)visitor.Uint("height", Size.Height, ushort.MaxValue));
        Async = visitor.Ref("async", Async);
        var open = visitor.Refs("open", Files, 1 << 20);
        ReadWait.Visit(visitor, "waiting-readers");
        WriteWait.Visit(visitor, "waiting-writers");
        if (visitor.IsReading)
        {
            pendingStart = start;
            foreach (byte one in bytes) Add(one);
            Async?.RequireAll(visitor, file => file is TerminalFile of && ReferenceEquals(of.Terminal, this));
            visitor.Later(OpenFile.HoldersAreThere, () => PutInOrder(visitor, open));
        }
        visitor.Require(!IsStoppedByCall || IsStopped, "a terminal that a call stopped is stopped");
        Line.Visit(visitor);
    }

    byte[] PendingBytes
    {
        get
        {
            byte[] bytes = new byte[Pending];
            for (int i = 0; i < Pending; i++) bytes[i] = pending[(pendingStart + i) % Limit];
            return bytes;
        }
    }

    void PutInOrder(StateVisitor visitor, IReadOnlyList<TerminalFile> open)
    {
        visitor.Require(open.Count == Files.Count && open.ToHashSet().SetEquals(Files), "a side of a terminal knows who has it open");
        Files.Clear();
        Files.AddRange(open);
    }

    internal static Terminal Create(StateVisitor visitor)
    {
        var pair = visitor.Need<PseudoTerminal>("pair", null);
        var side = visitor.Flag("master", false) ? pair.Master : pair.Slave;
        visitor.Require(!side.isMade, "a terminal has one of each side");
        side.isMade = true;
        return side;
    }

    /// <summary>Reading: the image has it.</summary>
    internal bool IsMade => isMade;
}

/// <content>State.</content>
internal sealed partial class PseudoTerminal : IStateObject
{
    string IStateObject.StateKind => "pseudo-terminal";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Int("index", Index, 0, TerminalTable.Limit - 1);
        bool isListed = visitor.Flag("listed", ReferenceEquals(Table.Find(Index), this));
        visitor.Need("master", Master);
        visitor.Need("slave", Slave);
        IsLocked = visitor.Flag("locked", IsLocked);
        Name = visitor.Ref("name", Name);
        HostSide = visitor.Reference("host", HostSide);
        if (!visitor.IsReading) return;
        visitor.Require(!isListed || Table.AddRestored(this), "a terminal has a number of its own");
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(Master.IsMade && Slave.IsMade, "a terminal has both sides");
            visitor.Require(isListed == (IsMasterOpen || Slave.Files.Count > 0), "a terminal is there while somebody has it open");
            visitor.Require(Name == null ? !IsMasterOpen : IsMasterOpen && Name.Inode is PtsInode inode && ReferenceEquals(inode.Pair, this) && Name.Name == PtsDirectoryInode.NameOf(Index), "the slave's file goes with the master");
        });
    }

    internal static PseudoTerminal Create(StateVisitor visitor, TerminalTable table) => new(table, visitor.Int("index", 0, 0, TerminalTable.Limit - 1));
}

/// <content>State.</content>
internal sealed partial class TerminalTable
{
    /// <summary>All that somebody has open.</summary>
    public void Visit(StateVisitor visitor)
    {
        var read = visitor.Refs("terminals", pairs.Values, Limit);
        if (visitor.IsReading) visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(read.Count == pairs.Count && read.All(pair => ReferenceEquals(Find(pair.Index), pair)), "terminals are known to their directory"));
    }

    /// <summary>Reading: a terminal gets its number.</summary>
    public bool AddRestored(PseudoTerminal pair) => pairs.TryAdd(pair.Index, pair);
}

/// <content>State.</content>
internal sealed partial class TerminalFile : IStateObject
{
    string IStateObject.StateKind => "terminal-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("terminal", Terminal);
        VisitFile(visitor);
        IsHungUp = visitor.Flag("hung-up", IsHungUp);
    }

    internal static TerminalFile Create(StateVisitor visitor) => new(visitor.Need<Terminal>("terminal", null), NameOf(visitor), FlagsOf(visitor));
}

/// <content>State.</content>
internal sealed partial class PtsInode : IStateObject
{
    string IStateObject.StateKind => "pts";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        visitor.Need("terminal", Pair);
        VisitInode(visitor);
    }

    internal static PtsInode Create(StateVisitor visitor)
    {
        var pair = visitor.Need<PseudoTerminal>("terminal", null);
        return new(visitor.Need<FileSystem>("filesystem", null), visitor.Word("number", 0), pair, 0) { RepresentedDevice = pair.Slave.Device };
    }
}

/// <content>State.</content>
internal sealed partial class PtmxInode : IStateObject
{
    string IStateObject.StateKind => "ptmx";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("filesystem", FileSystem);
        VisitInode(visitor);
    }

    internal static PtmxInode Create(StateVisitor visitor, DeviceTable devices) => new(visitor.Need<FileSystem>("filesystem", null), devices) { RepresentedDevice = Device };
}

/// <content>State.</content>
internal partial struct Termios
{
    /// <summary>struct ktermios.</summary>
    public void Visit(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("modes", true)) return;
        Input = (InputModes)visitor.Uint("iflag", (uint)Input);
        Output = (OutputModes)visitor.Uint("oflag", (uint)Output);
        Control = (ControlModes)visitor.Uint("cflag", (uint)Control);
        Local = (LocalModes)visitor.Uint("lflag", (uint)Local);
        Discipline = (byte)visitor.Uint("line", Discipline, byte.MaxValue);
        byte[] read = visitor.Bytes("cc", ((ReadOnlySpan<byte>)characters).ToArray(), CharacterCount) ?? [];
        visitor.Require(read.Length == CharacterCount, "a terminal has 19 control characters");
        read.CopyTo(characters);
        InputSpeed = visitor.Uint("ispeed", InputSpeed);
        OutputSpeed = visitor.Uint("ospeed", OutputSpeed);
        visitor.EndStructure();
    }
}
