namespace CheckpointRestart.Core.Files;

/// <content>What tells one state of the files from another.</content>
public sealed partial class FileTree
{
    /// <summary>Names and what the machine itself holds of the files, for the hash of a state. Nothing is loaded, and what is still the host's or the
    /// archive's alone goes in by name and number.</summary>
    /// <param name="digest">Takes it.</param>
    /// <param name="withTimes">False where time is the host's, which tells no two states from each other.</param>
    internal void Describe(IStateDigest digest, bool withTimes)
    {
        digest.Section("files");
        digest.Number((long)rootVolume.FileSystem.NextInode);
        digest.Number((long)PipeFiles.NextInode);
        var directories = new Queue<TreeDirectory>([(TreeDirectory)Root.Inode]);
        var seen = new HashSet<Inode>(ReferenceEqualityComparer.Instance);
        while (directories.TryDequeue(out var directory))
        {
            digest.Section("directory");
            digest.Number((long)directory.Number);
            foreach (var entry in directory.Known.OrderBy(static entry => entry.Name, StringComparer.Ordinal))
            {
                var inode = entry.Inode;
                digest.Text(entry.Name);
                digest.Number((long)inode.Number);
                if (inode is TreeDirectory below) directories.Enqueue(below);
                if (inode.Origin is FileOrigin.Host or FileOrigin.Stream || !seen.Add(inode)) continue;
                inode.DescribeAttributes(digest, withTimes);
                if (inode is RegularInode file) file.DescribeContents(digest);
                else if (inode is SymbolicLinkInode link && link.Read(out string target) == Errno.None) digest.Text(target);
            }
        }
    }
}

/// <content>What tells one state of a file from another.</content>
public sealed partial class RegularInode
{
    /// <summary>The length and every page that the machine has changed and that is not all zero.</summary>
    internal void DescribeContents(IStateDigest digest)
    {
        digest.Number(size);
        digest.Number((long)seals << 1 | (isCut ? 1L : 0));
        foreach (uint index in pages.Keys.Order())
        {
            var page = pages[index];
            if (!page.IsChanged || page.Frame.Bytes.IndexOfAnyExcept((byte)0) < 0) continue;
            digest.Number(index);
            digest.Bytes(page.Frame.Bytes);
        }
    }
}
