using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Roots;

namespace CheckpointRestart.PS.Objects;

/// <summary>A root directory for machines: a tar file that they read in place, with an overlay each for what they change.</summary>
public sealed class CrRoot
{
    internal CrRoot(BuiltRoot built)
    {
        Archive = built.Archive;
        IsTemporary = built.IsTemporary;
        Packages = [.. built.Packages.Select(static package => $"{package.Name} {package.Version}")];
    }

    /// <summary>What -Root was given as text: a path that is looked up when it is used.</summary>
    internal CrRoot(string given) => Given = given;

    /// <summary>Full path of the tar file.</summary>
    public string Path => Archive?.Path ?? Given!;

    /// <summary>Files and directories in it.</summary>
    public int Files => Archive?.Count ?? 0;

    /// <summary>Bytes of the tar file.</summary>
    public long Length => Archive?.Length ?? 0;

    /// <summary>True when the tar file is deleted with the last object that uses it.</summary>
    public bool IsTemporary { get; }

    /// <summary>Name and version of each Debian package in it, in the order in which they were unpacked.</summary>
    public IReadOnlyList<string> Packages { get; } = [];

    internal TarArchive? Archive { get; }

    internal string? Given { get; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
