using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Events;

/// <content>State: the signals that it takes; those that wait are the tasks' own.</content>
public sealed partial class SignalFile : IStateObject
{
    string IStateObject.StateKind => "signalfd";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        Mask = new(visitor.Word("mask", Mask.Bits));
        visitor.Require((Mask & SignalSet.Unblockable).IsEmpty, "SIGKILL and SIGSTOP are never read");
    }

    internal static SignalFile Create(StateVisitor visitor, Machine machine) => new(machine, NameOf(visitor), FlagsOf(visitor));

    SignalFile(Machine machine, Dentry dentry, OpenFlags flags) : base(machine.Tree, dentry, flags) => this.machine = machine;
}
