namespace CheckpointRestart.Core.Kernel;

/// <summary>What uname(2) says, and the version in the header of images.</summary>
/// <param name="Major">LINUX_VERSION_CODE, bits 16 to 23.</param>
/// <param name="Minor">Bits 8 to 15.</param>
/// <param name="Patch">Bits 0 to 7.</param>
public sealed record KernelVersion(ushort Major = 6, ushort Minor = 1, ushort Patch = 0)
{
    /// <summary>sysname; at most 64 bytes, as all of these.</summary>
    public string SystemName { get; init; } = "Linux";

    public string NodeName { get; init; } = "cr";

    public string Release { get; init; } = $"{Major}.{Minor}.{Patch}-cr";

    public string Version { get; init; } = "#1 SMP CheckpointRestart";

    public string Machine { get; init; } = "i686";

    public string DomainName { get; init; } = "(none)";
}
