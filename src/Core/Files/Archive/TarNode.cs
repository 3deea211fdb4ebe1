namespace CheckpointRestart.Core.Files;

/// <summary>A file of a tar archive: what all its names stand for.</summary>
internal sealed class TarNode
{
    /// <summary>Type and permissions.</summary>
    public uint Mode { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public Timespec Modified { get; set; }

    /// <summary>For a device file (<see cref="FileSystem.MakeDevice"/>).</summary>
    public uint Device { get; init; }

    /// <summary>Where the contents lie in the archive, bytes.</summary>
    public long DataOffset { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>The text of a symbolic link.</summary>
    public string? Target { get; init; }

    /// <summary>Names that are entries of the archive.</summary>
    public uint Links { get; set; } = 1;

    /// <summary>The place in the order of the archive, from 1; 0 for the root.</summary>
    public uint Number { get; init; }

    public SortedDictionary<string, byte[]>? Attributes { get; set; }

    /// <summary>The entries of a directory; null for everything else.</summary>
    public Dictionary<string, TarNode>? Children { get; init; }
}
