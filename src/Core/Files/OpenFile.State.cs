using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>What an image carries of every open file.</content>
public abstract partial class OpenFile
{
    /// <summary>When everybody has taken hold of what he refers to.</summary>
    internal const int HoldersAreThere = 100;

    /// <summary>Names what all open files have. Name and flags are given to the constructor: see <see cref="NameOf"/> and <see cref="FlagsOf"/>.</summary>
    private protected void VisitFile(StateVisitor visitor)
    {
        visitor.Need("dentry", Dentry);
        Flags = visitor.Enum("flags", Flags);
        visitor.Enum("mode", Mode);
        Position = visitor.Number("position", Position);
        Owner = visitor.Ref("owner", Owner);
        VisitWatches(visitor);
        int references = visitor.Int("references", References, 1);
        if (!visitor.IsReading) return;
        // Whoever holds it adds himself; the maker's own reference is nobody's.
        References--;
        visitor.Later(HoldersAreThere, () => visitor.Require(References == references, $"an open file is held as often as it says, {references} times and not {References}"));
    }

    void VisitWatches(StateVisitor visitor)
    {
        if (!visitor.IsReading && Watches is null or { Count: 0 }) return;
        var read = visitor.Refs("epoll-watches", Watches?.Items.ToList() ?? [], EpollFile.MostWatches);
        if (!visitor.IsReading || read.Count == 0) return;
        Watches = new EpollWatches(read);
        visitor.Later(EpollFile.WatchesAreThere, () =>
        {
            foreach (var item in read) visitor.Require(item.IsOf(this), "who watches a file does so once");
            visitor.Require(this is EpollFile || EpollNesting.HasFewPaths(this), "few ways lead up from a file to epolls");
        });
    }

    /// <summary>The name of an open file that is about to be made.</summary>
    internal static Dentry NameOf(StateVisitor visitor) => visitor.Need<Dentry>("dentry", null);

    /// <summary>The same of a file that only one type of inode has.</summary>
    internal static Dentry NameOf<T>(StateVisitor visitor) where T : Inode
    {
        var name = NameOf(visitor);
        visitor.Require(name.Inode is T, "an open file is of its own kind of inode");
        return name;
    }

    /// <summary>The flags of an open file that is about to be made.</summary>
    internal static OpenFlags FlagsOf(StateVisitor visitor) => visitor.Enum("flags", OpenFlags.ReadOnly);
}

/// <summary>References that hold an open file.</summary>
internal static class OpenFileReferences
{
    /// <summary>A file that this holds with one reference.</summary>
    public static OpenFile? Held(this StateVisitor visitor, string name, OpenFile? file)
    {
        var found = visitor.Ref(name, file);
        if (visitor.IsReading) found?.AddReference();
        return found;
    }
}
