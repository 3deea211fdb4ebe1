namespace CheckpointRestart.Core.Kernel;

/// <summary>User and group ids of a task. A task begins as root; nothing outside the machine depends on them.</summary>
public sealed class Credentials
{
    public uint Uid { get; set; }

    public uint EffectiveUid { get; set; }

    public uint SavedUid { get; set; }

    public uint FileUid { get; set; }

    public uint Gid { get; set; }

    public uint EffectiveGid { get; set; }

    public uint SavedGid { get; set; }

    public uint FileGid { get; set; }

    /// <summary>Supplementary groups.</summary>
    public uint[] Groups { get; set; } = [];

    /// <summary>True when the pretend capabilities to change ids are there.</summary>
    public bool IsPrivileged => EffectiveUid == 0;

    /// <summary>A copy, as fork(2) makes.</summary>
    public Credentials Copy() => (Credentials)MemberwiseClone();
}
