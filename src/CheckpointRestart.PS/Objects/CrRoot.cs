using System.Management.Automation;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Roots;
using CheckpointRestart.PS.Runtime;

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

    /// <summary>How machines open it.</summary>
    /// <param name="resolve">Makes a full path of the host of the text that was given.</param>
    /// <exception cref="CrException">DirectoryNotFound: there is neither a directory nor a tar file; InvalidTar.</exception>
    internal RootOptions Options(Func<string, string> resolve)
    {
        if (Archive is not null) return new RootOptions { Archive = Archive };
        string full = resolve(Given!);
        if (File.Exists(full)) return new RootOptions { Archive = Opened(full) };
        return Directory.Exists(full)
            ? new RootOptions { HostDirectory = full }
            : throw new CrException("DirectoryNotFound", ErrorCategory.ObjectNotFound, $"There is no directory '{full}'.", "Give the directory, or the tar file, that the task is to see as its root.");
    }

    static TarArchive Opened(string path)
    {
        try
        {
            return TarArchive.Open(path);
        }
        catch (TarException exception)
        {
            throw new CrException("InvalidTar", ErrorCategory.InvalidData, $"'{path}' is no tar file that can be read: {exception.Message}.", "-Root takes an uncompressed tar file; New-CrRoot makes one of a compressed one, of a directory or of Debian packages.", exception);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
