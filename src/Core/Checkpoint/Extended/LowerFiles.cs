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
        foreach (var inode in reader.All<RegularInode>())
        {
            var errno = inode.TakeLower(allowChanged);
            if (errno == Errno.ESTALE) changed.Add(inode.LowerPath!);
            else if (errno != Errno.None) missing.Add(inode.LowerPath!);
        }
        if (missing.Count > 0) throw new RestoreException(Errno.ENOENT, $"the root does not have what the image needs: {Names(missing)}") { Path = missing[0] };
        if (changed.Count > 0) throw new RestoreException(Errno.ESTALE, $"the root has changed since the image was taken: {Names(changed)}") { Path = changed[0] };
    }

    static string Names(List<string> paths)
    {
        paths.Sort(StringComparer.Ordinal);
        return string.Join(", ", paths.Take(MostNamed)) + (paths.Count > MostNamed ? $" and {paths.Count - MostNamed} more" : "");
    }
}
