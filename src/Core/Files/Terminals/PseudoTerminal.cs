namespace CheckpointRestart.Core.Files;

/// <summary>A pseudo-terminal (pty(7)): the slave, which programs take for a terminal, and the master, at which somebody else sits.</summary>
internal sealed partial class PseudoTerminal
{
    public PseudoTerminal(TerminalTable table, int index)
    {
        Table = table;
        Index = index;
        Master = new Terminal(this, isMaster: true);
        Slave = new Terminal(this, isMaster: false);
    }

    public TerminalTable Table { get; }

    /// <summary>n of /dev/pts/n.</summary>
    public int Index { get; }

    public Terminal Master { get; }

    public Terminal Slave { get; }

    /// <summary>The slave cannot be opened before TIOCSPTLCK (unlockpt(3)).</summary>
    public bool IsLocked { get; set; } = true;

    /// <summary>The slave's file; it goes with the master.</summary>
    public Dentry? Name { get; set; }

    /// <summary>Who sits at the master when it is the machine's host; null for a program.</summary>
    public object? HostSide { get; set; }

    public bool IsMasterOpen => Master.Files.Count > 0;

    /// <summary>Opens the slave, by its name, as the controlling terminal, or from the master.</summary>
    public Errno OpenSlave(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        if (IsLocked || !IsMasterOpen) return Errno.EIO;
        Master.IsOtherClosed = false;
        file = new TerminalFile(Slave, dentry, flags);
        return Errno.None;
    }

    internal void Closed(TerminalFile file)
    {
        var side = file.Terminal;
        side.Files.Remove(file);
        if (side.Files.Count == 0)
        {
            side.IsPacket = false;
            side.Link.IsOtherClosed = true;
            side.Link.Wake();
            if (side.IsMaster)
            {
                Table.Remove(this);
                Slave.HangUp();
            }
        }
        if (!IsMasterOpen && Slave.Files.Count == 0) Table.Free(this);
    }
}

/// <summary>The pseudo-terminals of a machine, by number.</summary>
internal sealed partial class TerminalTable(Func<Timespec> clock)
{
    /// <summary>kernel.pty.max.</summary>
    public const int Limit = 4096;

    readonly SortedDictionary<int, PseudoTerminal> pairs = [];

    /// <summary>The kernel.</summary>
    public ITerminalHost? Host { get; set; }

    /// <summary>/dev/pts.</summary>
    public PtsDirectoryInode? Directory { get; set; }

    /// <summary>All that are not freed, by number.</summary>
    public IEnumerable<PseudoTerminal> All => pairs.Values;

    /// <summary>True while a terminal has a process group or session of that number, whose members may all have ended.</summary>
    public bool Remembers(int group)
    {
        foreach (var pair in pairs.Values)
            if (pair.Slave.ForegroundGroup == group || pair.Slave.Session == group) return true;
        return false;
    }

    public Timespec Now => clock();

    public PseudoTerminal? Find(int index) => pairs.GetValueOrDefault(index);

    /// <summary>Makes a pair, its number the lowest that is free, and opens its master.</summary>
    /// <returns>None, or ENOSPC.</returns>
    public Errno OpenMaster(Dentry dentry, OpenFlags flags, uint uid, out OpenFile? file)
    {
        file = null;
        if (Directory == null) return Errno.ENODEV;
        if (pairs.Count >= Limit) return Errno.ENOSPC;
        int index = 0;
        while (pairs.ContainsKey(index)) index++;
        var pair = new PseudoTerminal(this, index);
        pairs.Add(index, pair);
        pair.Name = Directory.Add(pair, uid);
        file = new TerminalFile(pair.Master, dentry, flags);
        return Errno.None;
    }

    internal void Remove(PseudoTerminal pair)
    {
        if (pair.Name == null) return;
        Directory?.Remove(pair);
        pair.Name = null;
    }

    internal void Free(PseudoTerminal pair) => pairs.Remove(pair.Index);
}
