namespace CheckpointRestart.Core.Files;

/// <content>Extended attributes (xattr(7)), kept in the overlay: names that begin with "user.", "trusted." or "security.".</content>
public abstract partial class Inode
{
    /// <summary>Most bytes of a file's names and values together.</summary>
    const int MostAttributeBytes = 1 << 16;

    const int NameLimit = 255;

    SortedDictionary<string, byte[]>? attributes;
    StorageLimits? chargedTo;
    long charged;

    /// <summary>Names in order; empty where there are none.</summary>
    public IEnumerable<string> AttributeNames
    {
        get
        {
            _ = Load();
            return attributes?.Keys ?? Enumerable.Empty<string>();
        }
    }

    /// <summary>Metadata, extended attributes and locks as they are known, for the hash of a state. Nothing is loaded.</summary>
    internal void DescribeAttributes(IStateDigest digest, bool withTimes)
    {
        digest.Number((long)Number);
        digest.Number((long)mode << 32 | RepresentedDevice);
        digest.Number((long)uid << 32 | gid);
        foreach (var time in withTimes ? (ReadOnlySpan<Timespec>)[AccessTime, ModifyTime, ChangeTime] : [])
        {
            digest.Number(time.Seconds);
            digest.Number(time.Nanoseconds);
        }
        foreach (var (name, value) in attributes ?? [])
        {
            digest.Text(name);
            digest.Bytes(value);
        }
        Locks?.Describe(digest);
    }

    /// <summary>Reads an attribute.</summary>
    /// <returns>None; ENODATA; EOPNOTSUPP for a name that no file here can have.</returns>
    public Errno GetAttribute(string name, out byte[] value)
    {
        value = [];
        var error = CheckAttribute(name);
        if (error == Errno.None) error = Load();
        // Reading user.* of what cannot have it finds nothing; writing it is forbidden.
        if (error == Errno.EPERM) return Errno.ENODATA;
        if (error != Errno.None) return error;
        if (attributes == null || !attributes.TryGetValue(name, out var found)) return Errno.ENODATA;
        value = found;
        return Errno.None;
    }

    /// <summary>Sets an attribute.</summary>
    /// <param name="name">With its prefix.</param>
    /// <param name="value">Any bytes.</param>
    /// <param name="mustBeNew">EEXIST when it is there.</param>
    /// <param name="mustExist">ENODATA when it is not.</param>
    /// <param name="limits">Who is charged for them.</param>
    /// <param name="now">The machine's time.</param>
    internal Errno SetAttribute(string name, byte[] value, bool mustBeNew, bool mustExist, StorageLimits limits, Timespec now)
    {
        var error = CheckAttribute(name);
        if (error == Errno.None) error = Load();
        if (error != Errno.None) return error;
        bool isThere = attributes?.ContainsKey(name) == true;
        if (isThere && mustBeNew) return Errno.EEXIST;
        if (!isThere && mustExist) return Errno.ENODATA;
        long used = attributes?.Sum(static pair => (long)GuestText.ByteCount(pair.Key) + pair.Value.Length) ?? 0;
        if (isThere) used -= GuestText.ByteCount(name) + attributes![name].Length;
        used += GuestText.ByteCount(name) + value.Length;
        if (used > MostAttributeBytes || !Charge(limits, used)) return Errno.ENOSPC;
        // The archive's and a snapshot's own are never changed.
        attributes = attributes == null ? new(StringComparer.Ordinal) : new(attributes, StringComparer.Ordinal);
        attributes[name] = value;
        ChangeTime = now;
        return Errno.None;
    }

    /// <summary>Removes an attribute. ENODATA.</summary>
    internal Errno RemoveAttribute(string name, Timespec now)
    {
        var error = CheckAttribute(name);
        if (error == Errno.None) error = Load();
        if (error != Errno.None) return error;
        if (attributes?.ContainsKey(name) != true) return Errno.ENODATA;
        attributes = new(attributes, StringComparer.Ordinal);
        attributes.Remove(name);
        ChangeTime = now;
        return Errno.None;
    }

    /// <summary>What they take, counts for the limit of the overlay; what is removed, until the file goes.</summary>
    bool Charge(StorageLimits limits, long bytes)
    {
        if (bytes <= charged) return true;
        if (!limits.TryCharge(bytes - charged)) return false;
        (chargedTo, charged) = (limits, bytes);
        return true;
    }

    /// <summary>Of a file that was restored, whatever the limit is now.</summary>
    internal void ChargeAttributes(StorageLimits limits, long bytes)
    {
        if (bytes == 0) return;
        limits.Charge(bytes);
        (chargedTo, charged) = (limits, bytes);
    }

    void RefundAttributes()
    {
        chargedTo?.Refund(charged);
        (chargedTo, charged) = (null, 0);
    }

    Errno CheckAttribute(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string prefix = dot < 0 ? "" : name[..dot];
        if (this is ProcTextInode or ProcDirectoryInode or ProcLinkInode || prefix is not ("user" or "trusted" or "security")) return Errno.EOPNOTSUPP;
        if (name.Length == dot + 1) return Errno.EINVAL;
        if (prefix == "user" && !IsRegular && !IsDirectory) return Errno.EPERM;
        // tmpfs has user.* too, as since Linux 6.6: programs and their tests keep such files below /tmp.
        return FileSystem.Magic is FileTree.OverlayMagic or FileTree.TemporaryMagic ? Errno.None : Errno.EOPNOTSUPP;
    }

    /// <summary>ERANGE for a name that is empty or too long.</summary>
    internal static Errno CheckAttributeName(int length) => length is 0 or > NameLimit ? Errno.ERANGE : Errno.None;
}
