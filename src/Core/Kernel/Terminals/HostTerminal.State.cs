using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Terminals;

/// <content>State: with the output that the host has not taken, also once nobody can write to it any more.</content>
public sealed partial class HostTerminal : IStateObject, IRestoredWaiter
{
    int reads, writes;

    string IStateObject.StateKind => "host-terminal";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("terminal", terminal);
        var held = visitor.Held("master", master);
        visitor.Require(held is null or TerminalFile, "the host has a terminal open");
        master = held as TerminalFile;
        output.Visit(visitor, machine.Options.StreamLimit);
        isLeaderGone = visitor.Flag("leader-gone", isLeaderGone);
        IsInputEnded = visitor.Flag("input-ended", IsInputEnded);
        if (!visitor.IsReading) return;
        visitor.Require(master == null == IsClosed, "a terminal is open until it is closed");
        visitor.Later(OpenFile.HoldersAreThere, () => Check(visitor));
    }

    void Check(StateVisitor visitor)
    {
        int waits = IsClosed ? 0 : 1;
        visitor.Require(reads == waits && writes == waits, "the host waits at both queues of its side");
        visitor.Require(terminal.IsMaster && (master == null || ReferenceEquals(master.Terminal, terminal)), "the host sits at the master");
        visitor.Require(ReferenceEquals(terminal.Pair.HostSide, this), "a terminal knows its host");
    }

    void IRestoredWaiter.WaitAgain(WaitQueue queue)
    {
        if (ReferenceEquals(queue, terminal.ReadWait)) reads++;
        else if (ReferenceEquals(queue, terminal.WriteWait)) writes++;
        else reads = int.MinValue;
        queue.Add(this);
    }

    internal static HostTerminal Create(StateVisitor visitor, Machine machine) => new(machine, visitor.Need<Terminal>("terminal", null));

    HostTerminal(Machine machine, Terminal terminal)
    {
        this.machine = machine;
        this.terminal = terminal;
        output = new StreamBuffer(machine.Options.StreamLimit);
    }
}
