namespace Microsoft.PowerShell.Commands;

/// <summary>What the stand-ins over the engine's providers share: -Path with wildcards or -LiteralPath, and provider errors that stay errors of one item.</summary>
public abstract class ProviderCmdlet : StandInCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public virtual string[]? Path { get; set; }

    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true), Alias("PSPath", "LP")]
    public string[]? LiteralPath { get; set; }

    private ProviderContext? _running;

    private protected bool IsLiteral => LiteralPath is not null;

    private protected string[] Paths => LiteralPath ?? Path ?? ["."];

    /// <summary>Runs an operation on one path; what the provider throws becomes an error record.</summary>
    private protected void On(string path, Action operation)
    {
        try
        {
            operation();
        }
        catch (PipelineStoppedException)
        {
            throw;
        }
        catch (Exception e) when (e is RuntimeException or ProviderInvocationException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // What a provider has made an error record of keeps its id.
            Fail(e, e.GetType().FullName!, ErrorCategory.NotSpecified, path);
        }
    }

    private protected bool IsElsewhere(string path) => ProviderContext.IsElsewhere(SessionState, path);

    /// <summary>What a provider is called with; Ctrl+C stops it.</summary>
    private protected ProviderContext Context(SwitchParameter force, bool? isLiteral = null) => _running = new ProviderContext(this) { Force = force, IsLiteral = isLiteral ?? IsLiteral };

    protected override void StopProcessing() => _running?.Stop();

    private protected static WildcardPattern[] Patterns(string[]? texts) =>
        Array.ConvertAll(texts ?? [], static t => new WildcardPattern(t, WildcardOptions.IgnoreCase));

    private protected static bool Wanted(string name, WildcardPattern[] include, WildcardPattern[] exclude) =>
        (include.Length == 0 || Array.Exists(include, p => p.IsMatch(name))) && !Array.Exists(exclude, p => p.IsMatch(name));

    /// <summary>The file system paths, existing ones for wildcards.</summary>
    private protected IEnumerable<string> Files()
    {
        foreach (var path in Paths)
        {
            if (IsLiteral || !WildcardPattern.ContainsWildcardCharacters(path)) yield return SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
            else
                foreach (var file in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _)) yield return file;
        }
    }

    /// <summary>The paths themselves, with wildcards resolved; an error for one that does not exist.</summary>
    private protected List<PathInfo> Resolve(string path)
    {
        var found = new List<PathInfo>();
        On(path, () => found.AddRange(SessionState.Path.GetResolvedPSPathFromPSPath(IsLiteral ? WildcardPattern.Escape(path) : path)));
        return found;
    }
}
