using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>What an image carries of every inode.</content>
public abstract partial class Inode
{
    /// <summary>Names what all inodes have; file system and number are given to the constructor.</summary>
    private protected void VisitInode(StateVisitor visitor)
    {
        visitor.Word("number", Number);
        mode = visitor.Uint("mode", mode, 0xFFFF);
        uid = visitor.Uint("uid", uid);
        gid = visitor.Uint("gid", gid);
        if (!IsDirectory) Links = visitor.Uint("links", Links);
        AccessTime = visitor.Time("atime", AccessTime);
        ModifyTime = visitor.Time("mtime", ModifyTime);
        ChangeTime = visitor.Time("ctime", ChangeTime);
        Alias = visitor.Ref("alias", Alias);
        IsLinkedBelow = visitor.Flag("linked-below", IsLinkedBelow);
        VisitAttributes(visitor);
        Locks = visitor.Ref("locks", Locks);
        var watches = visitor.Refs("watches", Watches ?? [], 1 << 20);
        if (visitor.IsReading && watches.Count > 0) WatchAgain(visitor, watches);
        var names = visitor.Refs("other-names", otherNames ?? [], 1 << 20);
        if (visitor.IsReading && names.Count > 0) otherNames = [.. names];
        bool isCounted = visitor.Flag("counted", CountedBy != null);
        if (!visitor.IsReading || !isCounted) return;
        CountedBy = Limits ?? throw visitor.Broken("a file that is counted has limits");
        CountedBy.AddInode();
    }

    void WatchAgain(StateVisitor visitor, IReadOnlyList<InotifyWatch> read)
    {
        Watches = [.. read];
        visitor.Later(EpollFile.WatchesAreThere, () =>
        {
            foreach (var watch in read) visitor.Require(watch.IsOf(this), "who watches a file does so once");
        });
    }

    /// <summary>The limits of the file system that it is in.</summary>
    private protected virtual StorageLimits? Limits => null;

    void VisitAttributes(StateVisitor visitor)
    {
        var pairs = visitor.List<KeyValuePair<string, byte[]>>("attributes", attributes ?? [], 1 << 16, static (v, pair) =>
            new(v.Text("name", pair.Key, 255) ?? throw v.Broken("an attribute has a name"), v.Bytes("value", pair.Value, 1 << 16) ?? []));
        long bytes = visitor.Number("attribute-bytes", charged, 0, 1 << 20);
        if (!visitor.IsReading || pairs.Count == 0 && bytes == 0) return;
        attributes = new(StringComparer.Ordinal);
        foreach (var (name, value) in pairs) attributes[name] = value;
        if (bytes > 0) ChargeAttributes(Limits ?? throw visitor.Broken("attributes have limits"), bytes);
    }
}

/// <summary>Values that the files floor knows.</summary>
internal static class FileStateFields
{
    /// <summary>A time.</summary>
    public static Timespec Time(this StateVisitor visitor, string name, Timespec value)
    {
        if (!visitor.BeginStructure(name, true)) return value;
        value = new Timespec(visitor.Number("seconds", value.Seconds), visitor.Uint("nanoseconds", value.Nanoseconds, 999_999_999));
        visitor.EndStructure();
        return value;
    }
}
