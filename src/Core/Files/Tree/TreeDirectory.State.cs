using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: the entries that are known so far. What was never looked at is still as the lower layer has it.</content>
internal sealed partial class TreeDirectory : IStateObject
{
    string IStateObject.StateKind => "directory";

    private protected override StorageLimits Limits => Volume.Limits;

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("volume", Volume);
        visitor.Ref("lower", Host);
        VisitInode(visitor);
        bool isRemoved = visitor.Flag("removed", base.Links == 0);
        isLoaded = visitor.Flag("loaded", isLoaded);
        isListed = visitor.Flag("listed", isListed);
        visitor.Require(Host != null || (isLoaded && isListed), "a directory without a lower one is known");
        visitor.Need("self", self);
        var known = entries.Values.ToArray();
        Array.Sort(known, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        var children = visitor.Refs("entries", known, 1 << 24);
        if (!visitor.IsReading) return;
        if (isRemoved) base.Links = 0;
        visitor.Later(0, () =>
        {
            foreach (var child in children)
            {
                visitor.Require(entries.TryAdd(child.Name, child), "names of a directory differ");
                if (child.Inode.IsDirectory) directories++;
            }
            sorted = null;
        });
    }

    internal static TreeDirectory Create(StateVisitor visitor) =>
        new(visitor.Need<Volume>("volume", null), visitor.Word("number", 0), null, "", 0, visitor.Ref<HostNode>("lower", null));
}

/// <content>State.</content>
internal sealed partial class SymbolicLinkInode : IStateObject
{
    readonly Volume? volume;

    string IStateObject.StateKind => "symlink";

    private protected override StorageLimits? Limits => volume?.Limits;

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("volume", volume);
        visitor.Ref("lower", Host);
        VisitInode(visitor);
        target = visitor.Text("target", target);
        visitor.Require(Host != null || target != null, "a link without a lower one has a target");
    }

    internal static SymbolicLinkInode Create(StateVisitor visitor) =>
        new(visitor.Need<Volume>("volume", null), visitor.Word("number", 0), visitor.Ref<HostNode>("lower", null));

    SymbolicLinkInode(Volume volume, ulong number, HostNode? host) : base(volume.FileSystem, number, FileModeBits.SymbolicLink)
    {
        this.volume = volume;
        Host = host;
    }
}

/// <content>State.</content>
internal sealed partial class SpecialInode : IStateObject
{
    string IStateObject.StateKind => "special-file";

    private protected override StorageLimits Limits => volume.Limits;

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("volume", volume);
        visitor.Ref("lower", Host);
        visitor.Uint("rdev", RepresentedDevice);
        VisitInode(visitor);
        pipe = visitor.Ref("pipe", pipe);
        Bound = visitor.Ref("socket", Bound);
        if (visitor.IsReading) visitor.Later(OpenFile.HoldersAreThere, () => visitor.Require(Bound == null || Bound.IsBoundTo(this), "the socket that has a file is bound to it"));
    }

    internal static SpecialInode Create(StateVisitor visitor) =>
        new(visitor.Need<Volume>("volume", null), visitor.Word("number", 0), visitor.Ref<HostNode>("lower", null)) { RepresentedDevice = visitor.Uint("rdev", 0) };

    SpecialInode(Volume volume, ulong number, HostNode? host) : base(volume.FileSystem, number, 0)
    {
        this.volume = volume;
        Host = host;
    }
}
