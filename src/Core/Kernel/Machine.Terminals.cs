using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;

namespace CheckpointRestart.Core.Kernel;

/// <content>Terminals, and those at which the host sits.</content>
public sealed partial class Machine
{
    readonly List<HostTerminal> hostTerminals = [];

    /// <summary>The host's side of a task's terminal; null when it has none. Any thread.</summary>
    public static HostTerminal? FindTerminal(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Group.HostTerminal ?? task.Group.Terminal?.Pair.HostSide as HostTerminal;
    }

    /// <summary>Types bytes at a terminal: they are there from the present instruction on. Any thread but the machine's.</summary>
    /// <exception cref="TimeoutException">The guest did not make room in time.</exception>
    public void SendInput(HostTerminal terminal, ReadOnlyMemory<byte> bytes, TimeSpan timeout = default, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        long end = timeout == default ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (true)
        {
            int taken = Execute(machine => machine.DeliverInput(terminal, bytes.Span));
            bytes = bytes[taken..];
            if (bytes.IsEmpty) return;
            if (Environment.TickCount64 >= end) throw new TimeoutException("the terminal's input is full and the program does not read it");
            terminal.WaitForRoom(TimeSpan.FromMilliseconds(100));
            token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>As <see cref="SendInput(HostTerminal, ReadOnlyMemory{byte}, TimeSpan, CancellationToken)"/>, without waiting for room. Any thread.</summary>
    /// <returns>Bytes taken.</returns>
    public int SendWhatFits(HostTerminal terminal, ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? 0 : Execute(machine => machine.DeliverInput(terminal, bytes.Span));

    /// <summary>Types the terminal's VEOF: a program that reads lines sees the end of input. Any thread but the machine's.</summary>
    public void EndInput(HostTerminal terminal)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        byte end = Execute(_ =>
        {
            terminal.IsInputEnded = true;
            return terminal.Slave.Modes[ControlCharacter.EndOfFile];
        });
        SendInput(terminal, new[] { end });
    }

    /// <summary>Gives a terminal another size. Any thread.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="wanted">Rows and columns; null leaves them as they are.</param>
    /// <param name="redraw">Sends SIGWINCH also when the size stays the same, so that programs draw their screen again.</param>
    public void Resize(HostTerminal terminal, WindowSize? wanted, bool redraw = false) => Execute(machine =>
    {
        if (terminal.IsClosed) return;
        var slave = terminal.Slave;
        var size = wanted ?? slave.Size;
        bool isSame = slave.Size == size;
        if (isSame && !redraw) return;
        machine.Record(new MachineEvent(machine.retired, MachineEventKind.TerminalSize, (long)terminal.Index << 32 | (uint)size.Rows << 16 | size.Columns, []));
        if (isSame) slave.SignalForeground((int)Signal.SIGWINCH);
        else slave.Resize(size);
    });

    internal HostTerminal CreateTerminal(in WindowSize size, uint owner)
    {
        var name = Tree.Terminals.Directory!;
        name.Find(name.Self, "ptmx", out var dentry);
        var error = Tree.Terminals.OpenMaster(dentry!, OpenFlags.ReadWrite, owner, out var master);
        if (error != Errno.None) throw new ProgramException(error, $"no terminal can be made ({error})");
        var terminal = new HostTerminal(this, (TerminalFile)master!, size);
        hostTerminals.RemoveAll(static other => other.IsClosed);
        hostTerminals.Add(terminal);
        return terminal;
    }

    void RegisterTerminals()
    {
        Tree.Terminals.Host = new TerminalHost(this);
        Tree.Devices.Register(FileSystem.MakeDevice(5, 0), (Dentry dentry, OpenFlags flags, out OpenFile? file) => OpenAs(Scheduler.Current?.Group.Terminal, dentry, flags, out file));
        Tree.Devices.Register(FileSystem.MakeDevice(5, 1), (Dentry dentry, OpenFlags flags, out OpenFile? file) => OpenAs(hostTerminals.Find(static t => !t.IsClosed)?.Slave, dentry, flags, out file));
        Tree.Devices.Register(FileSystem.MakeDevice(5, 2), (Dentry dentry, OpenFlags flags, out OpenFile? file) =>
            Tree.Terminals.OpenMaster(dentry, flags, Scheduler.Current?.Credentials.FileUid ?? 0, out file));
    }

    static IoResult OpenAs(Terminal? terminal, Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        return terminal?.Pair.OpenSlave(dentry, flags, out file) ?? Errno.ENXIO;
    }

    int DeliverInput(HostTerminal terminal, ReadOnlySpan<byte> bytes)
    {
        int taken = isOnItsWay ? 0 : terminal.Deliver(bytes);
        if (taken > 0) Record(new MachineEvent(retired, MachineEventKind.TerminalInput, terminal.Index, bytes[..taken].ToArray()));
        return taken;
    }

    /// <summary>True while a task waits for a terminal at which somebody may still type.</summary>
    bool IsTypingAwaited
    {
        get
        {
            foreach (var terminal in hostTerminals)
                if (!terminal.IsInputEnded && !terminal.IsClosed && !terminal.Slave.ReadWait.IsEmpty) return true;
            return false;
        }
    }
}
