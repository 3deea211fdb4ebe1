using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel.Syscalls;

/// <content>State.</content>
internal sealed partial class WaitingLock : IStateObject
{
    string IStateObject.StateKind => "waiting-lock";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Wait = visitor.Need("wait", Wait);
        if (visitor.IsReading) visitor.Later(EpollFile.WatchesAreThere, () => visitor.Require(Wait.IsOfCall(), "one call waits for a lock"));
    }

    internal static WaitingLock Create(LockTable table) => new(table, table);
}
