using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel.Terminals;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State: the terminals at which the host sits, in the order in which they were made.</content>
public sealed partial class Machine
{
    void VisitHostTerminals(StateVisitor visitor)
    {
        var read = visitor.Refs("host-terminals", hostTerminals.Where(static terminal => !terminal.IsClosed).ToList(), TerminalTable.Limit);
        if (!visitor.IsReading) return;
        hostTerminals.AddRange(read);
        visitor.Later(OpenFile.HoldersAreThere, () =>
        {
            visitor.Require(read.Distinct().Count() == read.Count, "the host sits once at a terminal");
            foreach (var pair in Tree.Terminals.All)
                visitor.Require(pair.HostSide is null || pair.HostSide is HostTerminal known && (known.IsClosed || read.Contains(known)), "who sits at a terminal is the host");
        });
    }
}
