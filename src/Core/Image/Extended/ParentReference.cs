namespace CheckpointRestart.Core.Image.Extended;

/// <summary>What an increment says of the image that it builds on.</summary>
/// <param name="Identity">The parent's identity.</param>
/// <param name="ChainLength">Images that it takes to have all pages of the parent: 1 for a whole one.</param>
/// <param name="Pages">Pages of the parent.</param>
/// <param name="Path">Where it is: an absolute path, or one from the increment's own directory, with '/' between its parts; empty when only its identity tells.</param>
public sealed record ParentReference(ReadOnlyMemory<byte> Identity, int ChainLength, int Pages, string Path)
{
    /// <summary>The parent's path for an increment in a directory: relative where both have a root in common.</summary>
    /// <param name="parent">Full path of the parent.</param>
    /// <param name="directory">Where the increment is going to be.</param>
    internal static string PathFrom(string parent, string directory)
    {
        string relative = System.IO.Path.GetRelativePath(directory, parent);
        return System.IO.Path.IsPathRooted(relative) ? parent : relative.Replace(System.IO.Path.DirectorySeparatorChar, '/');
    }

    /// <summary>Where the parent is for an increment that lies at a path.</summary>
    internal string ResolveFrom(string child) => System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(AtomicFile.TargetOf(child))!, Path));
}
