namespace CheckpointRestart.Core.Files;

/// <content>Finding what a path names, as path_resolution(7) has it.</content>
public sealed partial class FileTree
{
    const int MostLinks = 40;
    const int NameMax = 255;
    const int PathMax = 4096;

    struct Walker
    {
        public Dentry Root;
        public Dentry Start;
        public WalkFlags Flags;
        public int Links;
        public FileIdentity? Who;

        public Walker(in PathStart at, WalkFlags flags)
        {
            Root = (flags & WalkFlags.InRoot) != 0 ? at.Directory : at.Root;
            Start = at.Directory;
            Flags = flags;
            Who = at.Who;
        }
    }

    /// <summary>Finds what a path names.</summary>
    /// <returns>None; ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EXDEV, or an error of the host's file.</returns>
    public Errno Walk(in PathStart at, string path, WalkFlags flags, out Dentry? found)
    {
        var walker = new Walker(at, flags);
        found = null;
        if (path.Length == 0)
        {
            if ((flags & WalkFlags.EmptyPath) == 0) return Errno.ENOENT;
            found = at.Directory;
            return Errno.None;
        }
        if (IsTooLong(path)) return Errno.ENAMETOOLONG;
        var error = WalkAll(ref walker, at.Directory, path, (flags & WalkFlags.NoFollow) == 0, out found);
        if (error == Errno.None && (flags & WalkFlags.Directory) != 0 && !found!.Inode.IsDirectory) error = Errno.ENOTDIR;
        if (error != Errno.None) found = null;
        return error;
    }

    static bool IsTooLong(string path) => path.Length * 3 >= PathMax && GuestText.ByteCount(path) >= PathMax;

    static Errno WalkAll(scoped ref Walker walker, Dentry start, string path, bool follow, out Dentry? found, bool isLast = true)
    {
        found = null;
        var error = WalkParent(ref walker, start, path, out var parent, out var last, out bool slash);
        if (error != Errno.None) return error;
        if (last.IsEmpty)
        {
            found = parent;
            return Errno.None;
        }
        error = Step(ref walker, parent, last, follow || slash, out found, isLast);
        if (error == Errno.None && slash && !found!.Inode.IsDirectory) return Errno.ENOTDIR;
        return error;
    }

    /// <summary>Goes to the directory that holds the last component.</summary>
    /// <param name="last">The last component, which may be "." or ".."; empty when the path is only slashes.</param>
    /// <param name="slash">True when slashes follow it.</param>
    static Errno WalkParent(scoped ref Walker walker, Dentry start, string path, out Dentry parent, out ReadOnlySpan<char> last, out bool slash)
    {
        parent = start;
        last = default;
        slash = false;
        if (path.Length == 0) return Errno.ENOENT;
        int at = 0;
        if (path[0] == '/')
        {
            if ((walker.Flags & WalkFlags.Beneath) != 0) return Errno.EXDEV;
            if (IsCrossing(walker, start, walker.Root)) return Errno.EXDEV;
            parent = walker.Root;
        }
        while (true)
        {
            while (at < path.Length && path[at] == '/') at++;
            if (at == path.Length) return Errno.None;
            int end = path.IndexOf('/', at);
            if (end < 0) end = path.Length;
            var name = path.AsSpan(at, end - at);
            at = end;
            while (at < path.Length && path[at] == '/') at++;
            if (at == path.Length)
            {
                last = name;
                slash = at > end;
                return parent.Inode.IsDirectory ? Errno.None : Errno.ENOTDIR;
            }
            var error = Step(ref walker, parent, name, follow: true, out var child);
            if (error != Errno.None) return error;
            if (!child!.Inode.IsDirectory) return Errno.ENOTDIR;
            parent = child;
        }
    }

    static bool IsCrossing(in Walker walker, Dentry from, Dentry to) => (walker.Flags & WalkFlags.NoCrossing) != 0 && !ReferenceEquals(from.Inode.FileSystem, to.Inode.FileSystem);

    /// <param name="isLast">True for the last component of the path, and of a link that is itself the last.</param>
    static Errno Step(scoped ref Walker walker, Dentry directory, ReadOnlySpan<char> name, bool follow, out Dentry? child, bool isLast = false)
    {
        child = null;
        if (directory.Inode is not DirectoryInode inode) return Errno.ENOTDIR;
        Errno error;
        if (walker.Who is { } who && (error = Permission.Check(who, inode, AccessRights.Execute)) != Errno.None) return error;
        if (name is ".")
        {
            child = directory;
            return Errno.None;
        }
        if (name is "..")
        {
            if ((walker.Flags & WalkFlags.Beneath) != 0 && ReferenceEquals(directory, walker.Start)) return Errno.EXDEV;
            child = ReferenceEquals(directory, walker.Root) ? directory : directory.Parent ?? directory;
            return IsCrossing(walker, directory, child) ? Errno.EXDEV : Errno.None;
        }
        if (name.Length * 3 > NameMax && GuestText.ByteCount(name) > NameMax) return Errno.ENAMETOOLONG;
        error = inode.Find(directory, name, out child);
        if (error == Errno.None && IsCrossing(walker, directory, child!)) return Errno.EXDEV;
        if (error != Errno.None || !follow || !child!.Inode.IsSymbolicLink) return error;
        if (isLast && (error = Permission.Follow(walker.Who, inode, child.Inode)) != Errno.None)
        {
            child = null;
            return error;
        }
        error = ReadLinkOnTheWay(ref walker, child, out string target, out var jump);
        if (error != Errno.None || jump != null)
        {
            child = jump;
            return error;
        }
        return WalkAll(ref walker, directory, target, follow: true, out child, isLast);
    }

    /// <summary>Reads a link that is followed: its text, or where it leads without text.</summary>
    static Errno ReadLinkOnTheWay(scoped ref Walker walker, Dentry link, out string target, out Dentry? jump)
    {
        target = "";
        jump = null;
        if ((walker.Flags & WalkFlags.NoSymlinks) != 0 || ++walker.Links > MostLinks) return Errno.ELOOP;
        if (link.Inode is ProcLinkInode { Node.Jump: not null } proc)
        {
            if ((walker.Flags & WalkFlags.NoMagicLinks) != 0) return Errno.ELOOP;
            if ((walker.Flags & (WalkFlags.Beneath | WalkFlags.InRoot)) != 0) return Errno.EXDEV;
            if (proc.Node.Check?.Invoke() is { } denied and not Errno.None) return denied;
            jump = proc.Node.Jump!();
            return jump == null ? Errno.ENOENT : IsCrossing(walker, link, jump) ? Errno.EXDEV : Errno.None;
        }
        var error = ReadText(link.Inode, out target);
        return error != Errno.None ? error : target.Length == 0 ? Errno.ENOENT : Errno.None;
    }

    static Errno ReadText(Inode link, out string target)
    {
        target = "";
        switch (link)
        {
            case SymbolicLinkInode symbolic: return symbolic.Read(out target);
            case ProcLinkInode proc:
                if (proc.Node.Check?.Invoke() is { } denied and not Errno.None) return denied;
                target = proc.Node.Target();
                return Errno.None;
            default: return Errno.EINVAL;
        }
    }

    /// <summary>readlink(2) of a link that was found with <see cref="WalkFlags.NoFollow"/>. EINVAL when it is none.</summary>
    public Errno ReadLink(Dentry link, out string target) => ReadText(link.Inode, out target);
}
