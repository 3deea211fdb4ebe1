using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Terminals;

/// <summary>ioctl(2) on a terminal (ioctl_tty(2); Linux: tty_io.c, tty_ioctl.c, pty.c).</summary>
internal static class TerminalControl
{
    const uint TCGETS = 0x5401, TCSETSF = 0x5404, TCGETA = 0x5405, TCSETAF = 0x5408, TCSBRK = 0x5409, TCXONC = 0x540A, TCFLSH = 0x540B;
    const uint TCGETS2 = 0x802C542A, TCSETS2 = 0x402C542B, TCSETSF2 = 0x402C542D;
    const uint TIOCEXCL = 0x540C, TIOCNXCL = 0x540D, TIOCGEXCL = 0x80045440, TIOCSCTTY = 0x540E, TIOCNOTTY = 0x5422;
    const uint TIOCGPGRP = 0x540F, TIOCSPGRP = 0x5410, TIOCGSID = 0x5429, TIOCOUTQ = 0x5411, FIONREAD = 0x541B, TIOCSTI = 0x5412;
    const uint TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, TIOCGSOFTCAR = 0x5419, TIOCSSOFTCAR = 0x541A, TIOCSETD = 0x5423, TIOCGETD = 0x5424;
    const uint TCSBRKP = 0x5425, TIOCSBRK = 0x5427, TIOCCBRK = 0x5428, TIOCVHANGUP = 0x5437, TIOCGDEV = 0x80045432;
    const uint TIOCPKT = 0x5420, TIOCGPKT = 0x80045438, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431, TIOCGPTLCK = 0x80045439, TIOCSIG = 0x40045436, TIOCGPTPEER = 0x5441;

    public static Result Control(Task task, TerminalFile file, uint request, uint argument)
    {
        if (file.IsHungUp) return request == TIOCSPGRP ? Errno.ENOTTY : Errno.EIO;
        var terminal = file.Terminal;
        // Modes, sizes and groups are the slave's, also through the master.
        var real = terminal.Pair.Slave;
        switch (request)
        {
            case TIOCSETD or TIOCSBRK or TCSBRK or TCSBRKP or TCXONC or TCFLSH when JobControl.Refuses(task, terminal, Signal.SIGTTOU, out var refusal): return refusal;
            case TIOCSETD: return !task.AddressSpace!.TryRead(argument, out int discipline) ? Errno.EFAULT : discipline == 0 ? 0 : Errno.EINVAL;
            case TIOCGETD: return Give(task, argument, 0);
            // A pty has no line to hold in a break, and what was written is on its way at once.
            case TIOCSBRK or TIOCCBRK or TCSBRK or TCSBRKP: return 0;
            case TIOCSTI: return Simulate(task, terminal, argument);
            case TIOCGWINSZ:
                var size = terminal.Size;
                return task.AddressSpace!.TryWrite(argument, size.Rows | (ulong)size.Columns << 16 | (ulong)size.Width << 32 | (ulong)size.Height << 48) ? 0 : Errno.EFAULT;
            case TIOCSWINSZ:
                if (!task.AddressSpace!.TryRead(argument, out ulong packed)) return Errno.EFAULT;
                real.Resize(new WindowSize((ushort)packed, (ushort)(packed >> 16), (ushort)(packed >> 32), (ushort)(packed >> 48)));
                return 0;
            case TIOCEXCL or TIOCNXCL:
                terminal.IsExclusive = request == TIOCEXCL;
                return 0;
            case TIOCGEXCL: return Give(task, argument, terminal.IsExclusive ? 1 : 0);
            case TIOCVHANGUP:
                if (!task.Credentials.IsPrivileged) return Errno.EPERM;
                terminal.HangUp();
                return 0;
            case TIOCGDEV: return Give(task, argument, (int)real.Device);
            case TIOCNOTTY:
                if (!ReferenceEquals(task.Group.Terminal, terminal)) return Errno.ENOTTY;
                JobControl.GiveUp(task.Group);
                return 0;
            case TIOCSCTTY: return terminal.IsMaster ? Errno.EPERM : JobControl.Acquire(task, file, argument == 1);
            case TIOCGPGRP: return !terminal.IsMaster && !ReferenceEquals(task.Group.Terminal, real) ? Errno.ENOTTY : Give(task, argument, real.ForegroundGroup);
            case TIOCSPGRP: return SetForeground(task, real, argument);
            case TIOCGSID:
                return (!terminal.IsMaster && !ReferenceEquals(task.Group.Terminal, real)) || real.Session == 0 ? Errno.ENOTTY : Give(task, argument, real.Session);
            case TIOCOUTQ: return Give(task, argument, 0);
            case FIONREAD: return Give(task, argument, terminal.Line.Readable);
            case TCXONC: return Flow(terminal, argument);
            case TCFLSH: return Flush(terminal, argument);
            case TIOCGSOFTCAR: return Give(task, argument, (real.Modes.Control & ControlModes.Local) != 0 ? 1 : 0);
            case TIOCSSOFTCAR:
                if (!task.AddressSpace!.TryRead(argument, out int carrier)) return Errno.EFAULT;
                var modes = real.Modes;
                modes.Control = carrier != 0 ? modes.Control | ControlModes.Local : modes.Control & ~ControlModes.Local;
                real.SetModes(modes);
                return 0;
            case TCGETS: return GetModes(task, real, argument, Termios.Size);
            case TCGETS2: return GetModes(task, real, argument, Termios.LongSize);
            case TCGETA: return GetModes(task, real, argument, Termios.OldSize);
            case > TCGETS and <= TCSETSF: return SetModes(task, real, argument, Termios.Size, request == TCSETSF);
            case > TCGETA and <= TCSETAF: return SetModes(task, real, argument, Termios.OldSize, request == TCSETAF);
            case >= TCSETS2 and <= TCSETSF2: return SetModes(task, real, argument, Termios.LongSize, request == TCSETSF2);
            default: return terminal.IsMaster ? ControlMaster(task, file, request, argument) : Errno.ENOTTY;
        }
    }

    static Result ControlMaster(Task task, TerminalFile file, uint request, uint argument)
    {
        var pair = file.Terminal.Pair;
        int value;
        switch (request)
        {
            case TIOCGPTN: return Give(task, argument, pair.Index);
            case TIOCGPTLCK: return Give(task, argument, pair.IsLocked ? 1 : 0);
            case TIOCGPKT: return Give(task, argument, file.Terminal.IsPacket ? 1 : 0);
            case TIOCSPTLCK:
                if (!task.AddressSpace!.TryRead(argument, out value)) return Errno.EFAULT;
                pair.IsLocked = value != 0;
                return 0;
            case TIOCPKT:
                if (!task.AddressSpace!.TryRead(argument, out value)) return Errno.EFAULT;
                if (value != 0 && !file.Terminal.IsPacket) pair.Slave.PacketStatus = 0;
                file.Terminal.IsPacket = value != 0;
                return 0;
            case TIOCSIG:
                if ((Signal)argument is not (Signal.SIGINT or Signal.SIGQUIT or Signal.SIGTSTP)) return Errno.EINVAL;
                pair.Slave.SignalForeground((int)argument);
                return 0;
            case TIOCGPTPEER:
                var flags = (OpenFlags)argument;
                if (pair.Name == null) return Errno.EIO;
                var error = pair.OpenSlave(pair.Name, flags & ~OpenFlags.CloseOnExec, out var peer);
                return error != Errno.None ? error : task.AddFile(peer!, (flags & OpenFlags.CloseOnExec) != 0);
            default: return Errno.ENOTTY;
        }
    }

    static Result Give(Task task, uint address, int value) => task.AddressSpace!.TryWrite(address, value) ? 0 : Errno.EFAULT;

    static Result Simulate(Task task, Terminal terminal, uint address)
    {
        if (!ReferenceEquals(task.Group.Terminal, terminal) && !task.Credentials.IsPrivileged) return Errno.EPERM;
        if (!task.AddressSpace!.TryRead(address, out byte c)) return Errno.EFAULT;
        terminal.Line.Receive([c]);
        return 0;
    }

    static Result SetForeground(Task task, Terminal terminal, uint address)
    {
        if (JobControl.Refuses(task, terminal, Signal.SIGTTOU, out var refusal)) return refusal.Value == -(int)Errno.EIO ? Errno.ENOTTY : refusal;
        if (!task.AddressSpace!.TryRead(address, out int wanted)) return Errno.EFAULT;
        if (wanted < 0) return Errno.EINVAL;
        var group = task.Group;
        if (!ReferenceEquals(group.Terminal, terminal) || terminal.Session != group.Session) return Errno.ENOTTY;
        bool exists = false, isOurs = false;
        foreach (var other in task.Machine.AllTasks)
        {
            exists |= other.Pid == wanted || other.Group.ProcessGroup == wanted || other.Group.Session == wanted;
            isOurs |= other.Group.ProcessGroup == wanted && other.Group.Session == group.Session;
        }
        if (!exists) return Errno.ESRCH;
        // A pid that leads no group stands for its own session.
        if (!isOurs && (task.Machine.FindTask(wanted)?.Group is not { } single || single.Session != group.Session || HasMembers(task.Machine, wanted))) return Errno.EPERM;
        terminal.ForegroundGroup = wanted;
        return 0;
    }

    static bool HasMembers(Machine machine, int processGroup)
    {
        foreach (var task in machine.AllTasks)
            if (task.Group.ProcessGroup == processGroup) return true;
        return false;
    }

    static Result Flow(Terminal terminal, uint action)
    {
        switch (action)
        {
            case 0 or 1:
                terminal.SetStoppedByCall(action == 0);
                return 0;
            case 2 or 3:
                byte c = terminal.Modes[action == 2 ? ControlCharacter.Stop : ControlCharacter.Start];
                if (c == Termios.Disabled || terminal.Link.Pending >= Terminal.Limit) return 0;
                // As high priority as a byte can be: also when output is stopped.
                terminal.Emit(c);
                terminal.Deliver();
                return 0;
            default: return Errno.EINVAL;
        }
    }

    static Result Flush(Terminal terminal, uint queues)
    {
        if (queues > 2) return Errno.EINVAL;
        if (queues != 1)
        {
            terminal.DropPending();
            terminal.FlushInput();
        }
        if (queues != 0) terminal.FlushOutput();
        return 0;
    }

    static Result GetModes(Task task, Terminal terminal, uint address, int size)
    {
        Span<byte> layout = stackalloc byte[size];
        terminal.Modes.Write(layout);
        return task.AddressSpace!.Write(address, layout) ? 0 : Errno.EFAULT;
    }

    static Result SetModes(Task task, Terminal terminal, uint address, int size, bool flushes)
    {
        if (JobControl.Refuses(task, terminal, Signal.SIGTTOU, out var refusal)) return refusal;
        Span<byte> layout = stackalloc byte[size];
        if (!task.AddressSpace!.Read(address, layout)) return Errno.EFAULT;
        var modes = terminal.Modes;
        modes.Read(layout);
        if (flushes) terminal.FlushInput();
        terminal.SetModes(modes);
        return 0;
    }
}
