using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Kernel;

/// <content>State.</content>
internal sealed partial class CallCounts
{
    internal void Visit(StateVisitor visitor, string name)
    {
        var read = visitor.List<KeyValuePair<uint, ulong>>(name, counts, Limit, static (v, pair) => new(v.Uint("number", pair.Key), v.Word("times", pair.Value)));
        if (!visitor.IsReading) return;
        var filled = new SortedDictionary<uint, ulong>();
        foreach (var (number, times) in read) visitor.Require(filled.TryAdd(number, times), "a call is counted once");
        counts = filled;
    }
}
