using System.IO.Enumeration;

namespace CheckpointRestart.PSHost.Testing;

/// <summary><c>$TestDrive</c> and <c>TestDrive:</c>, an empty folder for each file; what a block leaves in it goes with the block.</summary>
internal sealed class TestDrive : IDisposable
{
    private readonly SessionState _state;
    private readonly string _folder;

    internal TestDrive(SessionState state)
    {
        _state = state;
        _folder = Directory.CreateTempSubdirectory("TestDrive-").FullName;
        state.PSVariable.Set("global:TestDrive", _folder);
        state.Drive.New(new PSDriveInfo("TestDrive", state.Provider.GetOne("FileSystem"), _folder, "", null), "global");
    }

    internal HashSet<string> Snapshot() => [.. Entries()];

    internal void RemoveAllBut(HashSet<string> kept)
    {
        foreach (var path in Entries().Where(p => !kept.Contains(p)).ToList()) Remove(path);
    }

    public void Dispose()
    {
        if (_state.Path.CurrentFileSystemLocation.ProviderPath.StartsWith(_folder, StringComparison.Ordinal)) _state.Path.SetLocation(Path.GetTempPath());
        try { _state.Drive.Remove("TestDrive", force: true, "global"); }
        catch (SessionStateException) { } // A test has removed it.
        _state.PSVariable.Remove("global:TestDrive");
        Remove(_folder);
    }

    /// <summary>Everything in the folder. A link is an entry and never followed: what it leads to is not the test's.</summary>
    private FileSystemEnumerable<string> Entries() => new(
        _folder,
        static (ref FileSystemEntry entry) => entry.ToFullPath(),
        new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true })
    {
        ShouldRecursePredicate = static (ref FileSystemEntry entry) => entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
    };

    private static void Remove(string path)
    {
        try
        {
            if (new DirectoryInfo(path) is { Exists: true, LinkTarget: null }) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { } // In use or gone with its parent: the temporary folder is cleaned by the system.
    }
}
