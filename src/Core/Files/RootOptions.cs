namespace CheckpointRestart.Core.Files;

/// <summary>What a machine sees as its root directory, and how much it may write.</summary>
public sealed record RootOptions
{
    /// <summary>A host directory, seen as the root; null for an empty root.</summary>
    public string? HostDirectory { get; init; }

    /// <summary>A tar file, seen as the root, with changes in memory over it. Not together with <see cref="HostDirectory"/>.</summary>
    public TarArchive? Archive { get; init; }

    /// <summary>A host file, placed under its own name in an otherwise empty root. Not together with <see cref="HostDirectory"/>.</summary>
    public string? HostProgram { get; init; }

    /// <summary>True when changes go to the host directory itself; false when they stay in memory, over it.</summary>
    public bool Writable { get; init; }

    /// <summary>Most bytes of file contents that the guest may add: in memory, or by growing host files. Beyond it: ENOSPC.</summary>
    public long OverlayLimit { get; init; } = 1L << 30;

    /// <summary>Most files that the guest may have created at a time. Beyond it: ENOSPC.</summary>
    public int InodeLimit { get; init; } = 1 << 20;

    /// <summary>Most bytes in one file, holes included. Beyond it: EFBIG.</summary>
    public long FileSizeLimit { get; init; } = (1L << 44) - 4096;

    /// <summary>Most bytes of unchanged host files kept in memory.</summary>
    public long CacheLimit { get; init; } = 64L << 20;
}
