namespace CheckpointRestart.Core.Files;

/// <summary>An entry of a listing.</summary>
internal readonly record struct DirectoryItem(string Name, ulong Inode, byte Type);

/// <summary>A directory of any file system.</summary>
public abstract class DirectoryInode : Inode
{
    private protected DirectoryInode(FileSystem fileSystem, ulong number, uint permissions)
        : base(fileSystem, number, FileModeBits.Directory | permissions)
    {
    }

    /// <inheritdoc/>
    public override uint Links { get; internal set; } = 2;

    /// <summary>Finds an entry.</summary>
    /// <returns>None, ENOENT, or an error of the host's directory.</returns>
    internal abstract Errno Find(Dentry self, ReadOnlySpan<char> name, out Dentry? child);

    /// <summary>All entries but "." and "..", in the order of a listing.</summary>
    internal abstract Errno List(List<DirectoryItem> items);

    /// <summary>False when an entry that was listed is gone.</summary>
    internal virtual bool IsThere(string name) => true;

    /// <inheritdoc/>
    public override IoResult Open(Dentry dentry, OpenFlags flags, out OpenFile? file)
    {
        file = null;
        if ((OpenFile.AccessOf(flags) & FMode.Write) != 0) return Errno.EISDIR;
        file = new DirectoryFile(dentry, flags);
        return Errno.None;
    }
}

/// <summary>An open directory. The listing is taken when it is first read, and again after going back to its start.</summary>
internal sealed partial class DirectoryFile(Dentry dentry, OpenFlags flags) : OpenFile(dentry, flags, SeekableMode(flags))
{
    public override bool GivesSplices => false;

    List<DirectoryItem>? items;

    DirectoryInode Directory => (DirectoryInode)Inode;

    protected override IoResult ReadFrom(long position, Span<byte> to) => Errno.EISDIR;

    public override Errno Sync() => Errno.None;

    public override IoResult Seek(long offset, Whence whence)
    {
        if (whence is Whence.End or Whence.Data or Whence.Hole) return Errno.EINVAL;
        var result = base.Seek(offset, whence);
        if (Position == 0) items = null;
        return result;
    }

    public override Errno ReadDirectory(DirectoryFill fill)
    {
        if (Dentry.IsDeleted) return Errno.ENOENT;
        if (items == null)
        {
            var fresh = new List<DirectoryItem>();
            var error = Directory.List(fresh);
            if (error != Errno.None) return error;
            items = fresh;
        }
        const byte DirectoryType = (byte)(FileModeBits.Directory >> 12);
        while (Position < items.Count + 2L)
        {
            DirectoryEntry entry;
            if (Position == 0)
            {
                entry = new DirectoryEntry(".", Inode.Number, DirectoryType, 1);
            }
            else if (Position == 1)
            {
                entry = new DirectoryEntry("..", (Dentry.Parent ?? Dentry).Inode.Number, DirectoryType, 2);
            }
            else
            {
                var item = items[(int)Position - 2];
                if (!Directory.IsThere(item.Name))
                {
                    Position++;
                    continue;
                }
                entry = new DirectoryEntry(item.Name, item.Inode, item.Type, Position + 1);
            }
            if (!fill(entry)) break;
            Position++;
        }
        return Errno.None;
    }
}
