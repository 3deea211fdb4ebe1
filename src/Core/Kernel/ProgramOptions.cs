using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>A program to start.</summary>
public sealed record ProgramOptions
{
    /// <summary>Guest path; null for the machine's <see cref="RootOptions.HostProgram"/>.</summary>
    public string? FilePath { get; init; }

    /// <summary>Arguments after the program's name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>argv[0]; the path when null.</summary>
    public string? ArgumentZero { get; init; }

    /// <summary>The whole environment, NAME=value.</summary>
    public IReadOnlyList<string> Environment { get; init; } = DefaultEnvironment;

    /// <summary>Whom it runs as: a number, number:group, or a name of the root's /etc/passwd with or without :group. Null is root.</summary>
    public string? User { get; init; }

    /// <summary>Guest path.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Guest path read as standard input; null for the machine's stream.</summary>
    public string? InputPath { get; init; }

    /// <summary>Guest path that standard output is written to; null for the machine's stream.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Guest path that standard error is written to; null for the machine's stream.</summary>
    public string? ErrorPath { get; init; }

    /// <summary>Gives the program a terminal of this size: its standard streams, unless paths say otherwise, and its controlling terminal. Null for none.</summary>
    public WindowSize? Terminal { get; init; }

    /// <summary>True leaves the program frozen before its first instruction.</summary>
    public bool Suspended { get; init; }

    /// <summary>PATH, HOME, TERM.</summary>
    public static IReadOnlyList<string> DefaultEnvironment { get; } =
        ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "TERM=dumb"];
}

/// <summary>A program could not be started.</summary>
public sealed class ProgramException(Errno errno, string message) : Exception(message)
{
    /// <summary>What execve(2) or open(2) gave.</summary>
    public Errno Errno { get; } = errno;
}
