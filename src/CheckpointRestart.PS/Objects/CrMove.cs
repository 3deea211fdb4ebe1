using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Objects;

/// <summary>A machine that was moved to another process.</summary>
public sealed class CrMove
{
    /// <summary>The task that it was moved by.</summary>
    public required string Name { get; init; }

    /// <summary>That task's number here, where it has ended now.</summary>
    public required int TaskId { get; init; }

    /// <summary>The machine's number here.</summary>
    public required int MachineId { get; init; }

    /// <summary>Where it runs now.</summary>
    public required string Destination { get; init; }

    /// <summary>Images that were sent while it ran (-PreCopy); the last one, of what had changed since, is not among them.</summary>
    public required int Rounds { get; init; }

    /// <summary>Bytes of its images.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of those that were sent while it ran.</summary>
    public required long RoundBytes { get; init; }

    /// <summary>Pages that were sent.</summary>
    public required long PagesStored { get; init; }

    /// <summary>How long it ran nowhere: from when it was frozen here until the receiver said that it runs there.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>How long all of it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Bytes sent in a second.</summary>
    public double Throughput => Duration > TimeSpan.Zero ? Bytes / Duration.TotalSeconds : 0;

    /// <inheritdoc/>
    public override string ToString() => $"{GuestText.ForDisplay(Name)} moved to {Destination}";
}
