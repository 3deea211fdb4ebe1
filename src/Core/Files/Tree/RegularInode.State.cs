using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State: what the overlay holds of the contents, and which file of the lower layer the rest must still be.</content>
public sealed partial class RegularInode : IStateObject, IStatePages
{
    string IStateObject.StateKind => "file";

    private protected override StorageLimits Limits => volume.Limits;

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("volume", volume);
        visitor.Ref("lower", Host);
        VisitInode(visitor);
        size = visitor.Number("size", size, 0, long.MaxValue);
        isLoaded = visitor.Flag("loaded", isLoaded);
        isStale = visitor.Flag("stale", isStale);
        isCut = visitor.Flag("cut", isCut);
        hostLength = visitor.Number("lower-size", hostLength, 0, size);
        VisitIdentity(visitor);
        seals = visitor.Enum("seals", seals);
        CanSeal = visitor.Flag("can-seal", CanSeal);
        IsLinkable = visitor.Flag("linkable", IsLinkable);
        int writersThen = visitor.Int("writers", writers);
        visitor.Require(Host != null || (isLoaded && hostLength == 0), "a file without a lower one is known");
        if (visitor.IsReading) visitor.Later(OpenFile.HoldersAreThere, () => writers = writersThen);
        visitor.Pages("pages", this);
    }

    void VisitIdentity(StateVisitor visitor)
    {
        if (!visitor.BeginStructure("identity", isLoaded && Host != null)) return;
        identity = new HostMetadata(visitor.Uint("mode", identity.Mode), visitor.Number("size", identity.Size, 0), visitor.Time("mtime", identity.Modified),
            visitor.Uint("rdev", identity.RepresentedDevice), visitor.Word("device", identity.Device), visitor.Word("inode", identity.Inode));
        visitor.EndStructure();
    }

    /// <summary>The guest path below the root of the file that it still needs there; null when it needs none.</summary>
    internal string? LowerPath => Host == null ? null : "/" + Host.Path;

    /// <summary>After an image was read: makes sure that the lower layer's file is there and is the one that the machine had, wherever it lies now.</summary>
    /// <param name="allowChanged">Takes it as it is.</param>
    /// <returns>ESTALE for one that differs.</returns>
    internal Errno TakeLower(bool allowChanged)
    {
        if (Host == null || !isLoaded || isStale || (hostLength == 0 && !volume.WritesThrough && identity.Size > 0)) return Errno.None;
        var error = Host.Layer.Stat(Host, out var now);
        if (error != Errno.None) return error;
        if (now.Type != FileModeBits.Regular) return Errno.ESTALE;
        // Whoever closes a file that was written gives it the times that the guest sees: these are in the image, too.
        bool isSame = now.Size == identity.Size && (now.Modified == identity.Modified || (volume.WritesThrough && now.Modified == ModifyTime));
        if (!isSame && !allowChanged) return Errno.ESTALE;
        if (!isSame)
        {
            bool isUntouched = changedPages == 0 && !isCut && size == identity.Size;
            hostLength = isUntouched || volume.WritesThrough ? now.Size : Math.Min(hostLength, now.Size);
            if (isUntouched || volume.WritesThrough) size = now.Size;
        }
        identity = now;
        return Errno.None;
    }

    int IStatePages.PageCount => changedPages;

    void IStatePages.Give(StatePageTaker take)
    {
        if (changedPages == 0) return;
        foreach (uint index in pages.Keys.Order().ToArray())
        {
            var page = pages[index];
            if (!page.IsChanged) continue;
            page.IsShared = true;
            pages[index] = page;
            take(index, page.Frame.Address, 0);
        }
    }

    bool IStatePages.Accept(uint index, uint state, nint frame)
    {
        if (pages.ContainsKey(index)) return false;
        SetPage(index, Frame.At(frame), isChanged: true, isShared: true);
        changedPages++;
        volume.Limits.Charge(Frame.Size);
        return true;
    }

    internal static RegularInode Create(StateVisitor visitor) =>
        new(visitor.Need<Volume>("volume", null), visitor.Word("number", 0), visitor.Ref<HostNode>("lower", null));

    RegularInode(Volume volume, ulong number, HostNode? host) : base(volume.FileSystem, number, FileModeBits.Regular)
    {
        this.volume = volume;
        Host = host;
    }
}

/// <content>State.</content>
internal sealed partial class RegularFile : IStateObject
{
    string IStateObject.StateKind => "regular-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        IsWriter = visitor.Flag("writer", IsWriter);
        visitor.Require(Inode is RegularInode, "a regular file is open");
    }
}

/// <content>State.</content>
internal sealed partial class PathFile : IStateObject
{
    string IStateObject.StateKind => "path-file";

    void IStateObject.Visit(StateVisitor visitor) => VisitFile(visitor);
}

/// <content>State: with the listing that was taken.</content>
internal sealed partial class DirectoryFile : IStateObject
{
    string IStateObject.StateKind => "directory-file";

    void IStateObject.Visit(StateVisitor visitor)
    {
        VisitFile(visitor);
        visitor.Require(Inode is DirectoryInode, "a directory is open");
        bool has = visitor.Flag("listed", items != null);
        var read = visitor.List("items", (IReadOnlyCollection<DirectoryItem>?)items ?? [], 1 << 24, static (v, item) =>
            new DirectoryItem(v.Text("name", item.Name) ?? "", v.Word("inode", item.Inode), (byte)v.Uint("type", item.Type, 15)));
        if (visitor.IsReading) items = has ? [.. read] : null;
    }
}
