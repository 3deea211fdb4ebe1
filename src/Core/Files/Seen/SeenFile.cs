namespace CheckpointRestart.Core.Files;

/// <summary>A file of a guest as somebody outside sees it: of a live machine, of an image, or of what lies under a root. Looking changes nothing that the guest could see,
/// and nobody's rights are asked. What is told of it is as it was when it was found.</summary>
public abstract class SeenFile
{
    /// <summary>Links that one path is followed through.</summary>
    const int MostLinks = 40;

    const int MostDepth = 4096;

    protected SeenFile(SeenFile? parent, string name)
    {
        Parent = parent;
        Name = name;
    }

    /// <summary>One component, guest text; empty for the root. A hostile image may have any text here, also one with slashes.</summary>
    public string Name { get; }

    /// <summary>The directory that it was found in; null for a root and for what has no place in the tree.</summary>
    public SeenFile? Parent { get; }

    /// <summary>What stat(2) would tell.</summary>
    public abstract StatData Facts { get; }

    /// <summary>Type bits of the mode (<see cref="FileModeBits"/>).</summary>
    public uint Type => Facts.Mode & FileModeBits.TypeMask;

    public bool IsDirectory => Type == FileModeBits.Directory;

    public bool IsRegular => Type == FileModeBits.Regular;

    public bool IsSymbolicLink => Type == FileModeBits.SymbolicLink;

    /// <summary>Guest path from the root that it was found from; the name alone of what has no place.</summary>
    public string Path
    {
        get
        {
            if (Parent == null) return Name.Length == 0 ? "/" : Name;
            var names = new Stack<string>();
            for (SeenFile? at = this; at?.Parent != null; at = at.Parent) names.Push(at.Name);
            return "/" + string.Join('/', names);
        }
    }

    /// <summary>The entries of a directory by name, sorted, without "." and "..".</summary>
    /// <exception cref="SeenFileException">ENOTDIR; ENODATA: an image does not hold the listing.</exception>
    public abstract IReadOnlyList<SeenFile> List();

    /// <summary>An entry of a directory.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="SeenFileException">ENOTDIR, ENODATA.</exception>
    public virtual SeenFile? Child(string name) => List().FirstOrDefault(entry => entry.Name == name);

    /// <summary>Copies contents: of a pipe what lies in it, of a standard stream what nobody has taken. Nothing is taken out.</summary>
    /// <returns>Bytes; 0 at the end.</returns>
    /// <exception cref="SeenFileException">ENODATA: an image does not hold them; EOPNOTSUPP: it has none; ESTALE.</exception>
    public abstract int Read(long position, Span<byte> to);

    /// <summary>The text of a symbolic link.</summary>
    /// <exception cref="SeenFileException">EINVAL: it is none; ENODATA.</exception>
    public abstract string Target { get; }

    /// <summary>Where a link of /proc leads to whatever its text says; null for other links.</summary>
    protected virtual SeenFile? Jump => null;

    /// <summary>Finds what a path names. This is the root of the walk: neither ".." nor a link leads out of it.</summary>
    /// <param name="path">Guest path, taken from here.</param>
    /// <param name="follow">False to get a link that is the last component itself.</param>
    /// <exception cref="SeenFileException">ENOENT, ENOTDIR, ELOOP, ENODATA.</exception>
    public virtual SeenFile Find(string path, bool follow = true)
    {
        int links = 0;
        return Walk(this, path, follow, ref links, path);
    }

    /// <summary>Where a link leads, walked from this root.</summary>
    /// <exception cref="SeenFileException">ENOENT, ENOTDIR, ELOOP, ENODATA.</exception>
    public virtual SeenFile Follow(SeenFile link)
    {
        int links = 0;
        return Follow(link, ref links, link.Path);
    }

    SeenFile Walk(SeenFile from, string path, bool follow, ref int links, string asked)
    {
        var at = path.StartsWith('/') ? this : from;
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length > MostDepth) throw SeenFileException.Of(Errno.ENAMETOOLONG, asked);
        for (int i = 0; i < names.Length; i++)
        {
            if (at.IsSymbolicLink) at = Follow(at, ref links, asked);
            if (!at.IsDirectory) throw SeenFileException.Of(Errno.ENOTDIR, asked);
            if (names[i] == ".") continue;
            if (names[i] == "..")
            {
                if (!ReferenceEquals(at, this)) at = at.Parent ?? at;
                continue;
            }
            at = at.Child(names[i]) ?? throw SeenFileException.Of(Errno.ENOENT, asked);
        }
        return at.IsSymbolicLink && (follow || path.EndsWith('/')) ? Follow(at, ref links, asked) : at;
    }

    SeenFile Follow(SeenFile link, ref int links, string asked)
    {
        if (++links > MostLinks) throw SeenFileException.Of(Errno.ELOOP, asked);
        if (link.Jump is { } there) return there;
        return Walk(link.Parent ?? this, link.Target, true, ref links, asked);
    }

    private protected SeenFileException Error(Errno errno) => SeenFileException.Of(errno, Path);

    /// <summary>It has no contents that could be read.</summary>
    private protected SeenFileException NoContents() => IsDirectory
        ? SeenFileException.Of(Errno.EISDIR, Path)
        : new(Errno.EOPNOTSUPP, Path, IsRegular ? $"{Path} is made anew for each who reads it: whoever looks from outside leaves it alone." : $"{Path} has no contents to read: it is {KindOf(Type)}.");

    /// <summary>A type of file as a noun.</summary>
    public static string KindOf(uint type) => type switch
    {
        FileModeBits.Regular => "a file",
        FileModeBits.Directory => "a directory",
        FileModeBits.SymbolicLink => "a symbolic link",
        FileModeBits.Fifo => "a pipe",
        FileModeBits.CharacterDevice => "a character device",
        FileModeBits.BlockDevice => "a block device",
        FileModeBits.Socket => "a socket",
        _ => "an object without a file",
    };

    /// <inheritdoc/>
    public override string ToString() => Path;
}
