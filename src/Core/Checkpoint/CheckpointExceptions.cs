namespace CheckpointRestart.Core.Checkpoint;

/// <summary>A task cannot be saved: it has something that the format cannot carry. The task is unharmed.</summary>
public sealed class CheckpointRefusedException : Exception
{
    /// <param name="obstacles">What stands in the way, at least one; the first gives the errno and leads the message.</param>
    public CheckpointRefusedException(IReadOnlyList<Obstacle> obstacles)
        : base(string.Join("; ", obstacles) + $" ({obstacles[0].Errno})")
    {
        Obstacles = obstacles;
    }

    /// <summary>Everything that stands in the way, in the order in which it was found.</summary>
    public IReadOnlyList<Obstacle> Obstacles { get; }

    /// <summary>What the original's call returns.</summary>
    public Errno Errno => Obstacles[0].Errno;

    /// <summary>The object that the first obstacle names.</summary>
    public string ObjectName => Obstacles[0].ObjectName;
}

/// <summary>An image cannot be restored here. Nothing is left of the attempt.</summary>
public sealed class RestoreException : Exception
{
    /// <param name="errno">What restart(2) returns.</param>
    /// <param name="message">A sentence that names the object.</param>
    public RestoreException(Errno errno, string message)
        : base($"{message} ({errno})")
    {
        Errno = errno;
    }

    /// <summary>What restart(2) returns.</summary>
    public Errno Errno { get; }

    /// <summary>The guest path that could not be opened, or null.</summary>
    public string? Path { get; init; }

    /// <summary>The descriptor that could not be restored, or null.</summary>
    public int? Descriptor { get; init; }

    /// <summary>Guest paths that the image needs, where their absence is the reason.</summary>
    public IReadOnlyList<string> FilesNeeded { get; init; } = [];

    /// <summary>Names that lead out of the image and were bound to nothing, where that is the reason.</summary>
    public IReadOnlyList<string> Unbound { get; init; } = [];
}
