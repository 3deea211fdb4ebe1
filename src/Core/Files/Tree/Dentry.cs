namespace CheckpointRestart.Core.Files;

/// <summary>A name in the tree and the inode that it stands for. An object without a name in the tree (a pipe) has one without a parent.</summary>
public sealed partial class Dentry
{
    internal Dentry(Dentry? parent, string name, Inode inode)
    {
        Parent = parent;
        Name = name;
        Inode = inode;
        inode.Alias = this;
    }

    /// <summary>The directory that holds the name; null at the root and for what is not in the tree. Kept when the name is deleted.</summary>
    public Dentry? Parent { get; internal set; }

    /// <summary>One component, guest text; empty for the root.</summary>
    public string Name { get; internal set; }

    /// <summary>What the name stands for.</summary>
    public Inode Inode { get; }

    /// <summary>True once the name is unlinked, removed or replaced by a rename.</summary>
    public bool IsDeleted { get; internal set; }

    /// <summary>True for the root of a mounted file system, which cannot be removed or renamed.</summary>
    public bool IsMountPoint { get; internal set; }

    /// <summary>The guest has renamed it.</summary>
    internal bool HasMoved { get; set; }

    /// <summary>Where the contents come from under this name: the host's only when neither the name nor one above it is the overlay's work.</summary>
    public FileOrigin Origin
    {
        get
        {
            var origin = Inode.Origin;
            if (origin != FileOrigin.Host) return origin;
            for (var at = this; at.Parent != null; at = at.Parent)
            {
                var directory = at.Parent.Inode.Host;
                bool isProgram = directory == null && at.Parent.Parent == null && !at.HasMoved;
                if (at.IsDeleted || !(isProgram || (directory != null && at.Inode.HostAt(directory, at.Name) != null))) return FileOrigin.HostChanged;
            }
            return FileOrigin.Host;
        }
    }

    /// <summary>What mappings of this file refer to; made with the first.</summary>
    internal MappedFile? Mapped { get; set; }

    /// <summary>The path as d_path of Linux gives it: from <paramref name="root"/>, or from the tree's own root when this lies outside it;
    /// with " (deleted)" at the end for a deleted name. What is not in the tree gives its name alone, such as pipe:[5].</summary>
    public string FullPath(Dentry? root = null)
    {
        if (Parent == null && Name.Length != 0) return Name;
        string path = string.Join('/', Components(root));
        return (path.Length == 0 ? "/" : "/" + path) + (IsDeleted ? " (deleted)" : "");
    }

    /// <summary>True when <paramref name="ancestor"/> is this or holds it.</summary>
    public bool IsWithin(Dentry ancestor)
    {
        for (var at = this; at != null; at = at.Parent)
            if (ReferenceEquals(at, ancestor)) return true;
        return false;
    }

    Stack<string> Components(Dentry? root)
    {
        var names = new Stack<string>();
        for (var at = this; at.Parent != null && !ReferenceEquals(at, root); at = at.Parent) names.Push(at.Name);
        return names;
    }

    /// <inheritdoc/>
    public override string ToString() => FullPath();
}
