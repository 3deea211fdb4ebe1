namespace CheckpointRestart.Bench;

/// <summary>The environment that programs get under every peer.</summary>
internal static class GuestEnvironment
{
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ["HOME"] = "/root",
        ["TERM"] = "dumb",
        ["LC_ALL"] = "C.UTF-8",
        ["PYTHONHASHSEED"] = "0",
        ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    public static IReadOnlyList<string> Lines { get; } = [.. Variables.Select(v => $"{v.Key}={v.Value}")];
}
