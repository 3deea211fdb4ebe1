using CheckpointRestart.Core.State;

namespace CheckpointRestart.Core.Files;

/// <content>State.</content>
public sealed partial class Dentry : IStateObject
{
    string IStateObject.StateKind => "dentry";

    void IStateObject.Visit(StateVisitor visitor)
    {
        visitor.Need("inode", Inode);
        Parent = visitor.Ref("parent", Parent);
        Name = visitor.Text("name", Name) ?? "";
        IsDeleted = visitor.Flag("deleted", IsDeleted);
        IsMountPoint = visitor.Flag("mount-point", IsMountPoint);
        HasMoved = visitor.Flag("moved", HasMoved);
        if (!visitor.IsReading) return;
        if (Inode is PtsDirectoryInode terminals) terminals.Self = this;
        // A path is walked upwards until there is no parent: the image may not lead in a circle.
        visitor.Later(0, () =>
        {
            int depth = 0;
            for (var at = Parent; at != null; at = at.Parent) visitor.Require(++depth < MostDepth, "a path ends at a root");
        });
    }

    /// <summary>Directories in each other.</summary>
    const int MostDepth = 1 << 16;

    internal static Dentry Create(StateVisitor visitor)
    {
        var inode = visitor.Need<Inode>("inode", null);
        return inode is TreeDirectory directory ? directory.Self : new Dentry(null, "", inode);
    }
}

/// <content>State.</content>
public sealed partial class MappedFile : IStateObject
{
    string IStateObject.StateKind => "file-pages";

    void IStateObject.Visit(StateVisitor visitor) => visitor.Need("dentry", Dentry);

    internal static MappedFile Create(StateVisitor visitor)
    {
        var dentry = visitor.Need<Dentry>("dentry", null);
        visitor.Require(dentry.Inode is RegularInode, "what is mapped is a regular file");
        return dentry.Mapped ??= new MappedFile(dentry, (RegularInode)dentry.Inode);
    }
}
