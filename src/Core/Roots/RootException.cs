namespace CheckpointRestart.Core.Roots;

/// <summary>A root cannot be made from what was given.</summary>
public sealed class RootException : IOException
{
    internal RootException(string subject, string rule, Exception? inner = null) : base($"{subject}: {rule}", inner)
    {
        Subject = subject;
        Problems = [rule];
    }

    internal RootException(string subject, IReadOnlyList<string> problems) : base($"{subject}: {string.Join("; ", problems)}")
    {
        Subject = subject;
        Problems = problems;
        IsAboutDependencies = true;
    }

    /// <summary>The file, or what the files together are.</summary>
    public string Subject { get; }

    /// <summary>True when packages are missing or in conflict.</summary>
    public bool IsAboutDependencies { get; }

    /// <summary>What is wrong, each by itself.</summary>
    public IReadOnlyList<string> Problems { get; }
}
