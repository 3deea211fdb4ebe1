namespace CheckpointRestart.Core.Tests.Guests;

/// <summary>Where the guest programs are.</summary>
public static class GuestFiles
{
    /// <summary>The repository's root: the nearest folder above the tests that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>tests/guests.</summary>
    public static string Directory { get; } = Path.Combine(Repository, "tests", "guests");

    /// <summary>Debian's busybox, or null where it has not been fetched (tests/guests/fetch-busybox.sh).</summary>
    public static string? Busybox
    {
        get
        {
            var path = Path.Combine(Repository, "artifacts", "guests", "busybox");
            return File.Exists(path) ? path : null;
        }
    }

    /// <summary>Debian's C library and programs, a root directory, or null where they have not been fetched (tests/guests/fetch-debian.sh).</summary>
    public static string? Debian
    {
        get
        {
            var path = Path.Combine(Repository, "artifacts", "guests", "debian");
            return System.IO.Directory.Exists(path) ? path : null;
        }
    }

    /// <summary>The names of our own guests.</summary>
    public static IEnumerable<string> Names =>
        System.IO.Directory.EnumerateFiles(Path.Combine(Directory, "bin")).Select(f => Path.GetFileName(f)).Where(n => n != "COMPILER").Order(StringComparer.Ordinal);

    /// <summary>The path of one of our own guests, built.</summary>
    public static string Program(string name) => Path.Combine(Directory, "bin", name);

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CheckpointRestart.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"no CheckpointRestart.slnx above {AppContext.BaseDirectory}");
    }
}
