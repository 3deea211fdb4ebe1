using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Checkpoint.Schedules;

/// <summary>A machine's root as a file can say it: paths of the host.</summary>
public sealed record ScheduleRoot
{
    /// <summary>A directory; or null.</summary>
    public string? Directory { get; init; }

    /// <summary>A tar file; or null.</summary>
    public string? Archive { get; init; }

    /// <summary>The only program of an otherwise empty root; or null.</summary>
    public string? Program { get; init; }

    /// <summary>True when changes go to the directory itself.</summary>
    public bool Writable { get; init; }

    /// <summary>Most bytes of file contents that the guest may add.</summary>
    public long OverlayLimit { get; init; } = new RootOptions().OverlayLimit;

    /// <summary>The root of a machine.</summary>
    public static ScheduleRoot Of(RootOptions root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return new ScheduleRoot
        {
            Directory = root.HostDirectory is { } directory ? Path.GetFullPath(directory) : null,
            Archive = root.Archive?.Path,
            Program = root.HostProgram is { } program ? Path.GetFullPath(program) : null,
            Writable = root.Writable,
            OverlayLimit = root.OverlayLimit,
        };
    }

    /// <summary>The root, opened.</summary>
    /// <exception cref="IOException">A tar file cannot be read.</exception>
    public RootOptions Open() => new()
    {
        HostDirectory = Directory,
        Archive = Archive is { } archive ? TarArchive.Open(archive) : null,
        HostProgram = Program,
        Writable = Writable,
        OverlayLimit = OverlayLimit,
    };
}
