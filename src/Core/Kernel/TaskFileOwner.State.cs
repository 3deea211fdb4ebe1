using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State. A task that has ended is nobody, whoever gets its number later.</content>
internal sealed partial class TaskFileOwner : IStateObject
{
    string IStateObject.StateKind => "file-owner";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Kind = visitor.Enum("owner", Kind);
        Number = visitor.Int("number", Number, 0, Machine.MaximumPid - 1);
        target = visitor.Ref("task", FindTarget());
        Uid = visitor.Uint("uid", Uid);
        EffectiveUid = visitor.Uint("euid", EffectiveUid);
        Chosen = (Signal)visitor.Int("signal", (int)Chosen, 0, (int)Signal.Last);
        visitor.Require(target == null || (Kind != FileOwnerKind.ProcessGroup && target.Pid == Number), "a task that gets a file's signals has the number that was named");
    }
}
