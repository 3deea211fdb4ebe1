using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
public sealed partial class InotifyWatch : IStateObject
{
    bool isInSet, isKnown;

    string IStateObject.StateKind => "inotify-watch";

    void IStateObject.Visit(StateVisitor visitor)
    {
        Owner = visitor.Need("inotify", Owner);
        Number = visitor.Int("number", Number, 1);
        Inode = visitor.Need("inode", Inode);
        Mask = visitor.Enum("mask", Mask);
        if (!visitor.IsReading) return;
        visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(isInSet && isKnown, "a watch is known to its file and to its inotify"));
    }

    /// <summary>Reading: the inotify has it.</summary>
    internal bool IsIn(InotifyFile owner) => ReferenceEquals(Owner, owner) && !isInSet && (isInSet = true);

    /// <summary>Reading: the file has it.</summary>
    internal bool IsOf(Inode inode) => ReferenceEquals(Inode, inode) && !isKnown && (isKnown = true);

    internal static InotifyWatch Create() => new(null!, 0, null!);
}

/// <content>State: the watches, and what happened and was not read.</content>
public sealed partial class InotifyFile : IStateObject
{
    string IStateObject.StateKind => "inotify";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        lastNumber = visitor.Int("last-number", lastNumber, 0);
        var set = visitor.Refs("watches", watches.Values, MostWatches);
        var queue = visitor.List<(int Watch, FileEvents Mask, uint Cookie, byte[] Name)>("events", events, MostEvents + 1, static (v, one) =>
            (v.Int("watch", one.Watch, -1), v.Enum("mask", one.Mask), v.Uint("cookie", one.Cookie), v.Bytes("name", one.Name, 4096) ?? []));
        Readable.Visit(visitor, "waiting-readers");
        if (!visitor.IsReading) return;
        foreach (var one in queue) events.Enqueue(last = one);
        visitor.Require(Tree.Inotifies <= MostInstances, "there are as many of them as there may be");
        Tree.InotifyWatches += set.Count;
        visitor.Require(Tree.InotifyWatches <= MostWatches, "they watch as much as they may");
        visitor.Later(EpollFile.WatchesAreThere, () =>
        {
            foreach (var watch in set) visitor.Require(watch.Number <= lastNumber && watch.IsIn(this) && watches.TryAdd(watch.Number, watch), "watches have different numbers that were given");
        });
    }

    internal static InotifyFile Create(StateVisitor visitor, FileTree tree) => new(tree, NameOf(visitor), FlagsOf(visitor));

    InotifyFile(FileTree tree, Dentry dentry, OpenFlags flags) : base(tree, dentry, flags) => Tree.Inotifies++;
}
