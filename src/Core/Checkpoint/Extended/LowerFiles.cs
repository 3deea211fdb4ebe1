using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>The files of the root that an image counts on and does not carry.</summary>
internal static class LowerFiles
{
    /// <summary>Files that a message names.</summary>
    const int MostNamed = 8;

    /// <summary>Looks at every file of the root that the machine had looked at. On the machine's thread.</summary>
    /// <exception cref="RestoreException">Files are missing (ENOENT), or differ (ESTALE) where that is not allowed.</exception>
    public static void Check(StateReader reader, bool allowChanged)
    {
        List<string> missing = [], changed = [];
        var used = new HashSet<Inode>(ReferenceEqualityComparer.Instance);
        foreach (var file in reader.All<OpenFile>()) used.Add(file.Inode);
        foreach (var mapped in reader.All<MappedFile>()) used.Add(mapped.Dentry.Inode);
        foreach (var directory in reader.All<TreeDirectory>()) directory.ListAgain(used);
        var own = reader.All<CheckpointNote>().FirstOrDefault()?.Into;
        foreach (var inode in reader.All<RegularInode>())
        {
            // Files that are written in place may have changed where nobody has them open, and the image itself has got into its file.
            bool isUsed = !inode.WritesThrough || used.Contains(inode);
            var errno = inode.TakeLower(allowChanged || !isUsed || ReferenceEquals(inode, own));
            if (!isUsed) continue;
            if (errno == Errno.ESTALE) changed.Add(inode.LowerPath!);
            else if (errno != Errno.None) missing.Add(inode.LowerPath!);
        }
        if (!allowChanged && missing.Count == 0)
        {
            foreach (var checks in reader.All<FileChecks>())
                foreach (var inode in checks.Differing())
                    if (!ReferenceEquals(inode, own) && !changed.Contains(inode.LowerPath!)) changed.Add(inode.LowerPath!);
        }
        if (own != null)
            foreach (var file in reader.All<RegularFile>())
                if (ReferenceEquals(file.Inode, own) && (file.Mode & FMode.Write) != 0) file.Position = Math.Max(file.Position, own.Size);
        if (missing.Count > 0) throw new RestoreException(Errno.ENOENT, $"the root does not have what the image needs: {Names(missing)}") { Path = missing[0] };
        if (changed.Count > 0) throw new RestoreException(Errno.ESTALE, $"the root has changed since the image was taken: {Names(changed)}") { Path = changed[0] };
    }

    static string Names(List<string> paths)
    {
        paths.Sort(StringComparer.Ordinal);
        return string.Join(", ", paths.Take(MostNamed)) + (paths.Count > MostNamed ? $" and {paths.Count - MostNamed} more" : "");
    }
}
