using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Roots;

/// <summary>Writes files that are not in a tar file yet to one.</summary>
internal static class TreeExport
{
    const int BufferSize = 1 << 18;

    /// <summary>A machine's root file system with what its guests have changed; of what is mounted over it, the directory alone.</summary>
    public static void Write(FileTree tree, TarWriter tar, CancellationToken token)
    {
        var names = new Dictionary<Inode, string>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<(Dentry Directory, string Path)>([(tree.Root, "")]);
        tar.Add(ItemOf(tree.Root, "."));
        while (pending.TryPop(out var at))
        {
            token.ThrowIfCancellationRequested();
            var items = new List<DirectoryItem>();
            Check(((DirectoryInode)at.Directory.Inode).List(items), at.Path);
            foreach (string name in items.Select(static item => item.Name).Order(StringComparer.Ordinal))
            {
                string path = at.Path.Length == 0 ? name : at.Path + "/" + name;
                Check(((DirectoryInode)at.Directory.Inode).Find(at.Directory, name, out var child), path);
                if (child!.Inode is SpecialInode { Type: FileModeBits.Socket }) continue;
                var item = ItemOf(child, path);
                if (names.TryGetValue(child.Inode, out var first)) item = item with { LinkTo = first };
                else if (!child.Inode.IsDirectory) names.Add(child.Inode, path);
                if (child.Inode.IsDirectory && !child.IsMountPoint) pending.Push((child, path));
                if (item.LinkTo != null || child.Inode is not RegularInode file) tar.Add(item);
                else WriteFile(tree, tar, child, file, item);
            }
        }
    }

    static void WriteFile(FileTree tree, TarWriter tar, Dentry dentry, RegularInode inode, TarItem item)
    {
        Check(tree.OpenFound(dentry, OpenFlags.ReadOnly | OpenFlags.LargeFile, out var file).Errno, item.Name);
        try
        {
            using var contents = new ContentStream(file!);
            tar.Add(item, contents, inode.Size);
        }
        finally
        {
            file!.Release();
        }
    }

    static TarItem ItemOf(Dentry dentry, string path)
    {
        var inode = dentry.Inode;
        Check(inode.Stat(out var data), path);
        string target = "";
        if (inode is SymbolicLinkInode link) Check(link.Read(out target), path);
        return new TarItem
        {
            Name = path,
            Mode = data.Mode,
            Uid = data.Uid,
            Gid = data.Gid,
            Modified = data.ModifyTime,
            Device = data.RepresentedDevice,
            Target = inode.IsSymbolicLink ? target : null,
            Attributes = inode.AttributeNames.ToDictionary(static name => name, name => inode.GetAttribute(name, out var value) == Errno.None ? value : [], StringComparer.Ordinal),
        };
    }

    /// <summary>A directory of the host: with its owners where this process may give files to others, else as if root had it all.</summary>
    public static void Write(HostRoot host, TarWriter tar, CancellationToken token)
    {
        bool hasOwners = Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows();
        var names = new Dictionary<(ulong, ulong), string>();
        var pending = new Stack<string>([""]);
        while (pending.TryPop(out var directory))
        {
            token.ThrowIfCancellationRequested();
            var entries = new List<HostEntry>();
            Check(host.List(directory, entries), directory);
            if (directory.Length == 0) tar.Add(ItemOf(host, "", hasOwners, out _));
            foreach (var entry in entries.OrderBy(static entry => entry.Name, StringComparer.Ordinal))
            {
                string path = directory.Length == 0 ? entry.Name : directory + "/" + entry.Name;
                var item = ItemOf(host, path, hasOwners, out var data);
                if (data.Type == FileModeBits.Socket) continue;
                if (data.Type == FileModeBits.Directory) pending.Push(path);
                else if (data.OnHost.Links > 1 && !names.TryAdd((data.Device, data.Inode), path)) item = item with { LinkTo = names[(data.Device, data.Inode)] };
                if (data.Type != FileModeBits.Regular || item.LinkTo != null)
                {
                    tar.Add(item);
                    continue;
                }
                Check(host.OpenFile(path, writable: false, out var handle), path);
                using var stream = new FileStream(handle!, FileAccess.Read, BufferSize);
                tar.Add(item, stream, data.Size);
            }
        }
    }

    static TarItem ItemOf(HostRoot host, string path, bool hasOwners, out HostMetadata data)
    {
        Check(host.Stat(path, out data), path);
        string? target = null;
        if (data.Type == FileModeBits.SymbolicLink) Check(host.ReadLink(path, out target), path);
        return new TarItem
        {
            Name = path.Length == 0 ? "." : path,
            Mode = data.Mode,
            Uid = hasOwners ? data.OnHost.Uid : 0,
            Gid = hasOwners ? data.OnHost.Gid : 0,
            Modified = data.Modified,
            Device = data.Type is FileModeBits.CharacterDevice or FileModeBits.BlockDevice ? data.RepresentedDevice : 0,
            Target = target,
        };
    }

    static void Check(Errno error, string path)
    {
        if (error != Errno.None) throw new RootException("/" + path, $"it cannot be read: {error}");
    }

    /// <summary>An open file of a tree, read from its start.</summary>
    sealed class ContentStream(OpenFile file) : ForwardStream
    {
        long position;

        public override bool CanRead => true;

        public override long Position
        {
            get => position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var result = file.ReadAt(position, buffer);
            if (result.IsError) throw new IOException($"'{file.Dentry.FullPath()}' cannot be read: {result.Errno}");
            position += result.Value;
            return (int)result.Value;
        }
    }
}
