using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.PS.Objects;

/// <summary>The header of an image: of which kernel it is, and when it was taken.</summary>
public sealed class CrHeader
{
    internal CrHeader(in HeadRecord head, string source)
    {
        Source = source;
        KernelVersion = new Version(head.Major, head.Minor, head.Patch);
        Revision = head.Revision;
        var seconds = (long)Math.Min(head.Time, (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        Time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        Flags = head.Flags;
        Release = head.Release.ToString();
        Version = head.Version.ToString();
        Machine = head.Machine.ToString();
    }

    public CheckpointFormat Format { get; init; }

    /// <summary>The kernel's version as three numbers, which restart(2) compares.</summary>
    public Version KernelVersion { get; }

    /// <summary>The revision of the format: 2 for v5, 16 for Extended.</summary>
    public ushort Revision { get; }

    /// <summary>When it was taken, by the machine's clock.</summary>
    public DateTimeOffset Time { get; }

    public ImageFlags Flags { get; }

    /// <summary>uname -r.</summary>
    public string Release { get; }

    /// <summary>uname -v.</summary>
    public string Version { get; }

    /// <summary>uname -m.</summary>
    public string Machine { get; }

    /// <summary>The task's pid in the guest.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The task's name (comm).</summary>
    public required string Name { get; init; }

    /// <summary>The task or image that it belongs to.</summary>
    public string Source { get; }
}
