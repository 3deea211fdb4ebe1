namespace CheckpointRestart.Core.Files;

/// <summary>A directory of a writable file system. What the host has in it is listed once, when the directory is first used; from then on
/// the entries here are what counts.</summary>
internal sealed partial class TreeDirectory : DirectoryInode
{
    readonly Dictionary<string, Dentry> entries = new(StringComparer.Ordinal);
    readonly Dictionary<string, Dentry>.AlternateLookup<ReadOnlySpan<char>> byName;
    readonly Dentry self;
    string[]? sorted;
    uint directories;
    bool isLoaded;
    bool isListed;

    /// <summary>A directory of its own.</summary>
    public TreeDirectory(Volume volume, Dentry? parent, string name, uint permissions, HostNode? host = null)
        : this(volume, volume.FileSystem.TakeInode(), parent, name, permissions, host)
    {
        if (host == null) AccessTime = ModifyTime = ChangeTime = volume.Now;
    }

    TreeDirectory(Volume volume, ulong number, Dentry? parent, string name, uint permissions, HostNode? host)
        : base(volume.FileSystem, number, permissions)
    {
        Volume = volume;
        Host = host;
        self = new Dentry(parent, name, this);
        byName = entries.GetAlternateLookup<ReadOnlySpan<char>>();
        isLoaded = isListed = host == null;
    }

    public Volume Volume { get; }

    /// <summary>The one name of the directory.</summary>
    public Dentry Self => self;

    /// <summary>True when the guest made it.</summary>
    public override FileOrigin Origin => Host != null ? FileOrigin.Host : CountedBy != null ? FileOrigin.Overlay : FileOrigin.Machine;

    public override long Size => 4096;

    public override long Blocks => 8;

    public override uint Links
    {
        get => base.Links == 0 ? 0 : ListHost() == Errno.None ? 2 + directories : 2;
        internal set => base.Links = value;
    }

    public bool IsEmpty => entries.Count == 0;

    /// <summary>The directory was just made on the host, empty.</summary>
    public void MarkNew(uint permissions)
    {
        isLoaded = isListed = true;
        Mode = FileModeBits.Directory | permissions;
        AccessTime = ModifyTime = ChangeTime = Volume.Now;
    }

    public override Errno Load()
    {
        if (isLoaded) return Errno.None;
        var error = Host!.Layer.Stat(Host, out var data);
        if (error == Errno.ENOENT || (error == Errno.None && data.Type != FileModeBits.Directory)) return Errno.ESTALE;
        if (error != Errno.None) return error;
        isLoaded = true;
        SetLower(data);
        return Errno.None;
    }

    /// <summary>Takes the host's entries in, once, in sorted order; this gives them their inode numbers.</summary>
    public Errno ListHost()
    {
        if (isListed) return Errno.None;
        var found = new List<HostEntry>();
        var error = Host!.Layer.List(Host, found);
        if (error != Errno.None) return error == Errno.ENOENT ? Errno.ESTALE : error;
        isListed = true;
        TakeIn(found);
        return Errno.None;
    }

    void TakeIn(List<HostEntry> found)
    {
        found.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        entries.EnsureCapacity(entries.Count + found.Count);
        foreach (var entry in found)
        {
            if (entries.ContainsKey(entry.Name)) continue;
            var child = HostInodes.Make(Volume, self, entry, new HostNode(Host!.Layer, Host, entry.Name));
            entries.Add(entry.Name, child);
            if (child.Inode.IsDirectory) directories++;
        }
        sorted = null;
    }

    internal override Errno Find(Dentry self, ReadOnlySpan<char> name, out Dentry? child)
    {
        child = null;
        var error = ListHost();
        if (error != Errno.None) return error;
        return byName.TryGetValue(name, out child) ? Errno.None : Errno.ENOENT;
    }

    internal override bool IsThere(string name) => entries.ContainsKey(name);

    internal override Errno List(List<DirectoryItem> items)
    {
        var error = ListHost();
        if (error != Errno.None) return error;
        if (sorted == null)
        {
            sorted = [.. entries.Keys];
            Array.Sort(sorted, StringComparer.Ordinal);
        }
        items.EnsureCapacity(items.Count + sorted.Length);
        foreach (string name in sorted)
        {
            var inode = entries[name].Inode;
            items.Add(new DirectoryItem(name, inode.Number, (byte)(inode.Type >> 12)));
        }
        return Errno.None;
    }

    /// <summary>Enters a name; over an entry of the host when it is a mount.</summary>
    public void Insert(Dentry child)
    {
        entries[child.Name] = child;
        child.Parent = self;
        if (child.Inode.IsDirectory) directories++;
        Changed();
    }

    /// <summary>Takes a name out; the inode's count of names is the caller's.</summary>
    public void Remove(Dentry child)
    {
        entries.Remove(child.Name);
        if (child.Inode.IsDirectory) directories--;
        Changed();
    }

    /// <summary>Every entry that is known so far.</summary>
    public IEnumerable<Dentry> Known => entries.Values;

    void Changed()
    {
        sorted = null;
        ModifyTime = ChangeTime = Volume.Now;
    }
}
