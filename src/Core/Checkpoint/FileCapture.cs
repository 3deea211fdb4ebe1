using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Checkpoint;

/// <summary>Descriptors and open files. A file that several descriptors share is one object in the image, numbered from 1.</summary>
internal static class FileCapture
{
    /// <summary>Describes a descriptor table whose files v5 can carry (<see cref="V5Rules"/>).</summary>
    public static SavedFiles Save(DescriptorTable table, Dentry root)
    {
        var seen = new Dictionary<OpenFile, SavedFile>(ReferenceEqualityComparer.Instance);
        var descriptors = new List<SavedDescriptor>(table.Count);
        foreach (int number in table.Numbers)
        {
            var file = table[number]!;
            if (!seen.TryGetValue(file, out var saved)) seen.Add(file, saved = Save(file, seen.Count + 1, root));
            descriptors.Add(new SavedDescriptor(number, table.GetCloseOnExec(number), saved));
        }
        return new SavedFiles { Descriptors = descriptors };
    }

    /// <summary>Opens the files of an image again: by name, with the saved flags, at the saved positions.</summary>
    /// <param name="saved">The image's descriptors.</param>
    /// <param name="tree">Where the names are looked up.</param>
    /// <param name="limit">One past the highest descriptor number.</param>
    /// <param name="imageFile">The inode that the image is being read from: a descriptor on it is placed at its end, so that a write leaves the
    /// image intact; null when the image is none of the machine's files.</param>
    /// <exception cref="RestoreException">A file cannot be opened; nothing stays open.</exception>
    public static DescriptorTable Restore(SavedFiles saved, FileTree tree, int limit, Inode? imageFile)
    {
        var table = new DescriptorTable();
        var opened = new Dictionary<SavedFile, OpenFile>(ReferenceEqualityComparer.Instance);
        try
        {
            foreach (var descriptor in saved.Descriptors)
            {
                if (descriptor.Number >= limit)
                    throw new RestoreException(Errno.EMFILE, $"descriptor {descriptor.Number} is beyond the limit of {limit}") { Descriptor = descriptor.Number };
                if (opened.TryGetValue(descriptor.File, out var file)) file.AddReference();
                else opened.Add(descriptor.File, file = Open(descriptor, tree, imageFile));
                table.Set(descriptor.Number, file, descriptor.CloseOnExec);
            }
            return table;
        }
        catch
        {
            table.DropUser();
            throw;
        }
    }

    static SavedFile Save(OpenFile file, int reference, Dentry root) => new()
    {
        ObjectReference = reference,
        Kind = file.Inode.IsDirectory ? FileKind.Directory : file.Inode.IsSymbolicLink ? FileKind.SymbolicLink : FileKind.Regular,
        Mode = (FileModes)((uint)file.Mode & 0x1F),
        Flags = (FileFlags)(uint)file.Flags,
        Position = (ulong)file.Position,
        Name = new FileName(GuestText.ToBytes(file.Dentry.FullPath(root))),
    };

    static OpenFile Open(SavedDescriptor descriptor, FileTree tree, Inode? imageFile)
    {
        var saved = descriptor.File;
        string path = GuestText.FromBytes(saved.Name.Bytes);
        var flags = (OpenFlags)(uint)saved.Flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Truncate | OpenFlags.NoControllingTty | OpenFlags.CloseOnExec);
        var result = tree.Open(new PathStart(tree.Root, tree.Root), path, flags, 0, out var file);
        if (file == null || result.Value < 0 || result.WouldBlock)
        {
            file?.Release();
            throw new RestoreException(result.WouldBlock ? Errno.EINVAL : result.Errno, $"{path}, descriptor {descriptor.Number}, cannot be opened")
            {
                Path = path,
                Descriptor = descriptor.Number,
            };
        }
        bool isExpected = saved.Kind switch
        {
            FileKind.Directory => file.Inode.IsDirectory,
            FileKind.SymbolicLink => file.Inode.IsSymbolicLink,
            _ => file.Inode.IsRegular,
        };
        if (!isExpected)
        {
            file.Release();
            throw new RestoreException(Errno.EINVAL, $"{path}, descriptor {descriptor.Number}, is no longer a {saved.Kind} file") { Path = path, Descriptor = descriptor.Number };
        }
        file.RestorePosition(ReferenceEquals(file.Inode, imageFile) ? file.Inode.Size : (long)Math.Min(saved.Position, long.MaxValue));
        return file;
    }
}
