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

    /// <summary>The release in numbers that begin with 2.6, for who asks for it (UNAME26): from 3.0 on the minor number plus 40, from 4.0 on plus 60.</summary>
    public string ReleaseAsOld
    {
        get
        {
            int end = 0, dots = 0;
            while (end < Release.Length && (char.IsAsciiDigit(Release[end]) || (Release[end] == '.' && ++dots < 3))) end++;
            return Major < 3 ? Release : $"2.6.{Minor + (Major == 3 ? 40 : 60)}{Release[end..]}";
        }
    }

    public string Version { get; init; } = "#1 SMP CheckpointRestart";

    public string Machine { get; init; } = "i686";

    public string DomainName { get; init; } = "(none)";
}
