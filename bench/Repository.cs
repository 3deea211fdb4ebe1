namespace CheckpointRestart.Bench;

/// <summary>Where things lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Where measurements and what they need are written.</summary>
    public static string Artifacts { get; } = Directory.CreateDirectory(Path.Combine(Root, "artifacts", "bench")).FullName;

    /// <summary>What starts this program again: its own executable, or the dotnet command with <see cref="SelfArguments"/>.</summary>
    public static string Self { get; } = Environment.ProcessPath!;

    public static IReadOnlyList<string> SelfArguments { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "CheckpointRestart.Bench.dll")] : [];

    /// <summary>A guest of the tests.</summary>
    public static string TestGuest(string name) => Path.Combine(Root, "tests", "guests", "bin", name);

    /// <summary>A guest of the suite.</summary>
    public static string BenchGuest(string name) => Path.Combine(Root, "bench", "guests", "bin", name);

    static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "CheckpointRestart.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the benchmarks run inside the repository");
    }
}
