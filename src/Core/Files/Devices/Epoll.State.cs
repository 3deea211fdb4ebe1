using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: the set, by descriptor, and those that may be ready, in their order.</content>
public sealed partial class EpollFile : IStateObject
{
    /// <summary>When every watch is filled, and before it is asked who has it.</summary>
    internal const int WatchesAreThere = 60;

    int depth = -1;

    string IStateObject.StateKind => "epoll";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        serial = visitor.Number("serial", serial, 0);
        var set = visitor.Refs("items", visitor.IsReading ? [] : Items.ToList(), MostWatches);
        var ready = visitor.Refs("ready", Ready, MostWatches);
        Readable.Visit(visitor, "waiting-readers");
        if (!visitor.IsReading) return;
        visitor.Later(WatchesAreThere, () => Fill(visitor, set, ready));
        visitor.Later(HoldersAreThere, () => visitor.Require(DepthAt(0) <= EpollNesting.Deepest, "epolls watch each other in no circle and not deep"));
    }

    List<EpollItem> Ready
    {
        get
        {
            var ready = new List<EpollItem>(readyCount);
            for (var item = firstReady; item != null; item = item.Next) ready.Add(item);
            return ready;
        }
    }

    void Fill(StateVisitor visitor, IReadOnlyList<EpollItem> set, IReadOnlyList<EpollItem> ready)
    {
        foreach (var item in set)
        {
            visitor.Require(item.IsIn(this) && items.TryAdd((item.File, item.Descriptor), item), "an epoll watches a file once by each number");
            visitor.Require(item.Serial <= serial, "watches are counted");
        }
        Tree.EpollWatches += set.Count;
        visitor.Require(Tree.EpollWatches <= MostWatches, "there are as many watches as there may be");
        foreach (var item in ready)
        {
            visitor.Require(ReferenceEquals(item.Owner, this) && !item.IsReady, "what may be ready is watched, and there once");
            AddReady(item);
        }
    }

    int DepthAt(int level)
    {
        if (depth >= 0 || level > EpollNesting.Deepest) return Math.Max(depth, 0);
        int found = 0;
        foreach (var item in items.Values)
            if (item.File is EpollFile nested) found = Math.Max(found, nested.DepthAt(level + 1) + 1);
        return depth = found;
    }

    internal static EpollFile Create(StateVisitor visitor, FileTree tree) => new(tree, NameOf(visitor));

    EpollFile(FileTree tree, Dentry dentry) : base(tree, dentry, OpenFlags.ReadWrite)
    {
    }
}

/// <content>State.</content>
internal static partial class EpollNesting
{
    /// <summary>Ways up that all together there can be: one goes away with what is closed, and none is longer then.</summary>
    const int MostWays = 1660;

    /// <summary>Reading: true when one wake of a file stays cheap.</summary>
    public static bool HasFewPaths(OpenFile file)
    {
        int left = MostWays;
        return CountWays(file, 0, ref left);
    }

    static bool CountWays(OpenFile file, int depth, ref int left)
    {
        if (depth > Deepest) return false;
        foreach (var item in file.Watches!.Items)
        {
            if (item.Owner.Watches is { Count: > 0 })
            {
                if (!CountWays(item.Owner, depth + 1, ref left)) return false;
            }
            else if (depth > 0 && --left < 0)
            {
                return false;
            }
        }
        return true;
    }
}
