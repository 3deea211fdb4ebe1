using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Core.Kernel.Terminals;

/// <summary>Sessions, their terminals, and who stands in the foreground (Linux: drivers/tty/tty_jobctrl.c and kernel/exit.c).</summary>
internal static class JobControl
{
    /// <summary>Stops a background process that uses its controlling terminal (__tty_check_change).</summary>
    /// <param name="task">Who reads, writes or controls it.</param>
    /// <param name="terminal">The terminal.</param>
    /// <param name="signal">SIGTTIN or SIGTTOU.</param>
    /// <param name="refusal">EIO, or a wait that the signal just sent ends.</param>
    /// <returns>True when the call must not go on.</returns>
    public static bool Refuses(Task task, Terminal terminal, Signal signal, out Result refusal)
    {
        refusal = default;
        var group = task.Group;
        if (!ReferenceEquals(group.Terminal, terminal) || terminal.ForegroundGroup == 0 || terminal.ForegroundGroup == group.ProcessGroup) return false;
        if (task.BlockedSignals.Contains(signal) || task.Handlers[signal].Handler == SignalAction.Ignore)
        {
            refusal = Errno.EIO;
            return signal == Signal.SIGTTIN;
        }
        if (IsOrphaned(task.Machine, group.ProcessGroup, null))
        {
            refusal = Errno.EIO;
            return true;
        }
        SignalGroup(task.Machine, group.ProcessGroup, signal);
        refusal = Result.Wait(null);
        return true;
    }

    /// <summary>A process group is orphaned when no member has a parent in the same session but in another group: nobody could continue it.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="processGroup">The group.</param>
    /// <param name="without">A member that is just ending; null for none.</param>
    public static bool IsOrphaned(Machine machine, int processGroup, ThreadGroup? without)
    {
        foreach (var member in Members(machine, processGroup))
        {
            if (ReferenceEquals(member, without) || member.IsZombie || member.Parent == null || ReferenceEquals(member.Parent.Leader, machine.Init)) continue;
            if (member.Parent.ProcessGroup != processGroup && member.Parent.Session == member.Session) return false;
        }
        return true;
    }

    /// <summary>Sends a signal to a process group, as the kernel itself.</summary>
    public static void SignalGroup(Machine machine, int processGroup, Signal signal)
    {
        foreach (var member in Members(machine, processGroup)) machine.SendSignal(member, SignalInfo.FromKernel(signal));
    }

    /// <summary>Opening a terminal gives it to a session leader that has none, unless O_NOCTTY.</summary>
    public static void Opened(Task task, OpenFile file, OpenFlags flags)
    {
        if (file is not TerminalFile { Terminal: { IsMaster: false } terminal } || (flags & OpenFlags.NoControllingTty) != 0) return;
        if (file.Dentry.Inode is not PtsInode || (file.Mode & FMode.Read) == 0) return;
        if (IsLeader(task.Group) && task.Group.Terminal == null && terminal.Session == 0) Attach(task.Group, terminal);
    }

    /// <summary>TIOCSCTTY.</summary>
    public static Errno Acquire(Task task, TerminalFile file, bool steals)
    {
        var group = task.Group;
        var terminal = file.Terminal;
        if (IsLeader(group) && terminal.Session == group.Session) return Errno.None;
        if (!IsLeader(group) || group.Terminal != null) return Errno.EPERM;
        if (terminal.Session != 0)
        {
            if (!steals || !task.Credentials.IsPrivileged) return Errno.EPERM;
            ClearSession(task.Machine, terminal.Session);
        }
        if ((file.Mode & FMode.Read) == 0 && !task.Credentials.IsPrivileged) return Errno.EPERM;
        Attach(group, terminal);
        return Errno.None;
    }

    /// <summary>Makes a terminal the controlling one of a session.</summary>
    public static void Attach(ThreadGroup leader, Terminal terminal)
    {
        terminal.Session = leader.Session;
        terminal.ForegroundGroup = leader.ProcessGroup;
        leader.Terminal = terminal;
        leader.OldForegroundGroup = 0;
    }

    /// <summary>TIOCNOTTY: the process gives its terminal up; with a leader, the whole session.</summary>
    public static void GiveUp(ThreadGroup group)
    {
        if (IsLeader(group)) Disassociate(group, isExit: false);
        group.Terminal = null;
    }

    /// <summary>A session leader ends (disassociate_ctty): the foreground gets SIGHUP, and the session has no terminal any more.</summary>
    public static void LeaderEnds(ThreadGroup group)
    {
        if (IsLeader(group)) Disassociate(group, isExit: true);
    }

    static void Disassociate(ThreadGroup group, bool isExit)
    {
        var machine = group.Machine;
        if (group.Terminal is { } terminal)
        {
            int foreground = terminal.ForegroundGroup;
            if (foreground != 0)
            {
                SignalGroup(machine, foreground, Signal.SIGHUP);
                if (!isExit) SignalGroup(machine, foreground, Signal.SIGCONT);
            }
            terminal.Session = terminal.ForegroundGroup = 0;
        }
        else if (isExit)
        {
            int old = group.OldForegroundGroup;
            group.OldForegroundGroup = 0;
            if (old == 0) return;
            SignalGroup(machine, old, Signal.SIGHUP);
            SignalGroup(machine, old, Signal.SIGCONT);
            return;
        }
        group.OldForegroundGroup = 0;
        ClearSession(machine, group.Session);
    }

    /// <summary>The terminal was hung up: its session's processes have it no longer, and the leader learns of it.</summary>
    public static void HungUp(Machine machine, Terminal terminal)
    {
        if (terminal.Session == 0) return;
        foreach (var group in SignalCalls.Groups(machine))
        {
            if (group.Session != terminal.Session) continue;
            if (ReferenceEquals(group.Terminal, terminal)) group.Terminal = null;
            if (!IsLeader(group)) continue;
            machine.SendSignal(group, SignalInfo.FromKernel(Signal.SIGHUP));
            machine.SendSignal(group, SignalInfo.FromKernel(Signal.SIGCONT));
            group.OldForegroundGroup = terminal.ForegroundGroup;
        }
    }

    /// <summary>A process ends or is adopted: groups that have nobody left to continue them, but have stopped members, get SIGHUP and SIGCONT (kill_orphaned_pgrp).</summary>
    /// <param name="group">The process that ends, or the child that gets another parent.</param>
    /// <param name="parent">Whose connection with the group is lost: the parent of the one that ends, or the ending parent of the child.</param>
    /// <param name="isEnding">True when <paramref name="group"/> is the one that ends.</param>
    public static void MayOrphan(ThreadGroup group, ThreadGroup? parent, bool isEnding)
    {
        if (parent == null || parent.ProcessGroup == group.ProcessGroup || parent.Session != group.Session) return;
        var machine = group.Machine;
        if (!IsOrphaned(machine, group.ProcessGroup, isEnding ? group : null)) return;
        if (!Members(machine, group.ProcessGroup).Exists(static member => member.IsStopped)) return;
        SignalGroup(machine, group.ProcessGroup, Signal.SIGHUP);
        SignalGroup(machine, group.ProcessGroup, Signal.SIGCONT);
    }

    public static bool IsLeader(ThreadGroup group) => group.Session == group.Id;

    static void ClearSession(Machine machine, int session)
    {
        foreach (var group in SignalCalls.Groups(machine))
            if (group.Session == session) group.Terminal = null;
    }

    internal static List<ThreadGroup> Members(Machine machine, int processGroup)
    {
        var members = SignalCalls.Groups(machine);
        members.RemoveAll(member => member.ProcessGroup != processGroup);
        return members;
    }
}

/// <summary>What the terminals of the files floor ask of tasks.</summary>
internal sealed class TerminalHost(Machine machine) : ITerminalHost
{
    public void SignalGroup(int processGroup, int signal) => JobControl.SignalGroup(machine, processGroup, (Signal)signal);

    public void HungUp(Terminal terminal) => JobControl.HungUp(machine, terminal);
}
