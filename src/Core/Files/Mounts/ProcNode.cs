namespace CheckpointRestart.Core.Files;

/// <summary>An entry under /proc, as the kernel describes it. Its contents are asked for when a guest looks.</summary>
/// <param name="Permissions">Permission bits.</param>
public abstract record ProcNode(uint Permissions)
{
    /// <summary>Whether the running task may open it, read the link or follow it, beyond the permission bits; null when all may.</summary>
    public Func<Errno>? Check { get; init; }
}

/// <summary>Tells who owns what lies under a directory of /proc.</summary>
/// <param name="mode">Type and permissions of the entry.</param>
public delegate (uint Uid, uint Gid) ProcOwner(uint mode);

/// <summary>A directory.</summary>
public sealed record ProcFolder(IProcDirectory Directory, uint Permissions = 0x16D) : ProcNode(Permissions)
{
    /// <summary>Who owns it and all below it; null where it is the owner of what is above, in the end root.</summary>
    public ProcOwner? Owner { get; init; }

    /// <summary>The object of the kernel that it tells of; null where its name says all.</summary>
    public object? Subject { get; init; }

    /// <summary>True while the running task may look into it whatever the permission bits say: its own descriptors.</summary>
    public Func<bool>? IsOpen { get; init; }
}

/// <summary>A file whose bytes are made when it is first read after being opened.</summary>
/// <param name="Read">Makes the contents.</param>
/// <param name="Write">Takes what a guest writes in one call; null when it may not.</param>
public sealed record ProcText(Func<byte[]> Read, ProcWriter? Write = null, uint Permissions = 0x124) : ProcNode(Permissions)
{
    /// <summary>True when reading takes something from the machine: whoever only looks leaves it alone.</summary>
    public bool IsDrawn { get; init; }
}

/// <summary>A file whose bytes are read and written at positions as they are at that moment (/proc/pid/mem).</summary>
/// <param name="Open">Gives the memory that whoever opens it reads and writes: that of this moment; null for none.</param>
/// <param name="Read">Reads it.</param>
/// <param name="Write">Writes it.</param>
public sealed record ProcMemory(Func<object?> Open, ProcReaderAt Read, ProcWriterAt Write, uint Permissions = 0x180) : ProcNode(Permissions);

/// <summary>A symbolic link.</summary>
/// <param name="Target">What readlink(2) gives.</param>
/// <param name="Jump">Where walking goes without looking at the text (/proc/self/fd/1, exe, cwd, root); null for an ordinary link.
/// It gives null when there is nothing there any more: ENOENT.</param>
public sealed record ProcLink(Func<string> Target, Func<Dentry?>? Jump = null, uint Permissions = 0x1FF) : ProcNode(Permissions);

/// <summary>Takes the bytes of one write to a file of /proc.</summary>
/// <returns>Bytes taken, or an errno.</returns>
public delegate IoResult ProcWriter(ReadOnlySpan<byte> bytes);

/// <summary>Gives bytes from a position on of what was opened.</summary>
public delegate IoResult ProcReaderAt(object? memory, long position, Span<byte> to);

/// <summary>Takes bytes for a position.</summary>
public delegate IoResult ProcWriterAt(object? memory, long position, ReadOnlySpan<byte> from);

/// <summary>What a directory of /proc holds at this moment.</summary>
public interface IProcDirectory
{
    /// <summary>The entries' names in the order of a listing.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>The entry of a name, or null.</summary>
    ProcNode? Find(string name);

    /// <summary>The entry that had a name once, also when there is none of it any more; null when there can be none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="subject">Its <see cref="ProcFolder.Subject"/>.</param>
    ProcNode? FindAgain(string name, object? subject) => subject == null ? Find(name) : null;
}

/// <summary>A directory of /proc with fixed entries, and those of <see cref="More"/> before them.</summary>
public sealed class ProcList : IProcDirectory
{
    readonly SortedDictionary<string, ProcNode> nodes = new(StringComparer.Ordinal);

    /// <summary>Further entries that come and go: the processes.</summary>
    public IProcDirectory? More { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Names => More == null ? nodes.Keys : More.Names.Concat(nodes.Keys);

    /// <summary>Adds or replaces an entry.</summary>
    public void Add(string name, ProcNode node) => nodes[name] = node;

    /// <summary>Adds a directory with fixed entries, or finds the one that is there.</summary>
    public ProcList AddFolder(string name)
    {
        if (nodes.TryGetValue(name, out var node) && node is ProcFolder { Directory: ProcList list }) return list;
        list = new ProcList();
        nodes[name] = new ProcFolder(list);
        return list;
    }

    /// <inheritdoc/>
    public ProcNode? Find(string name) => nodes.GetValueOrDefault(name) ?? More?.Find(name);

    /// <inheritdoc/>
    public ProcNode? FindAgain(string name, object? subject) => (subject == null ? nodes.GetValueOrDefault(name) : null) ?? More?.FindAgain(name, subject);
}
