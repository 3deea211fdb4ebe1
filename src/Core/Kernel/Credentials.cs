using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel;

/// <summary>SECBIT_* (linux/securebits.h); the bit above each locks it.</summary>
[Flags]
public enum SecureBits : uint
{
    None = 0,
    /// <summary>User 0 gains nothing by execve(2).</summary>
    NoRoot = 1,
    /// <summary>Changing user ids changes no capabilities.</summary>
    NoSetUidFixup = 4,
    /// <summary>Leaving user 0 keeps the permitted capabilities, until the next execve(2).</summary>
    KeepCapabilities = 0x10,
    KeepCapabilitiesLocked = 0x20,
    NoAmbientRaise = 0x40,
    All = 0x55,
    AllLocks = 0xAA,
}

/// <summary>Ids and capabilities of a task (Linux: struct cred). A program that is started without another user begins as root with every
/// capability; nothing outside the machine depends on them.</summary>
public sealed partial class Credentials
{
    uint fileUid, fileGid;
    uint[] groups = [];
    CapabilitySet effective = CapabilitySet.All;
    FileIdentity? identity;
    bool isStale;

    public uint Uid { get; set; }

    public uint EffectiveUid { get; set; }

    public uint SavedUid { get; set; }

    /// <summary>Who file permissions are checked for, and who owns new files.</summary>
    public uint FileUid
    {
        get => fileUid;
        set => (fileUid, isStale) = (value, true);
    }

    public uint Gid { get; set; }

    public uint EffectiveGid { get; set; }

    public uint SavedGid { get; set; }

    /// <inheritdoc cref="FileUid"/>
    public uint FileGid
    {
        get => fileGid;
        set => (fileGid, isStale) = (value, true);
    }

    /// <summary>Supplementary groups, ascending.</summary>
    public uint[] Groups
    {
        get => groups;
        set => (groups, isStale) = (value, true);
    }

    /// <summary>What execve(2) of a file with capabilities keeps.</summary>
    public CapabilitySet Inheritable { get; set; }

    /// <summary>What may be made effective.</summary>
    public CapabilitySet Permitted { get; set; } = CapabilitySet.All;

    /// <summary>What is checked.</summary>
    public CapabilitySet Effective
    {
        get => effective;
        set => (effective, isStale) = (value, true);
    }

    /// <summary>The most that execve(2) can give.</summary>
    public CapabilitySet Bounding { get; set; } = CapabilitySet.All;

    /// <summary>What any execve(2) keeps.</summary>
    public CapabilitySet Ambient { get; set; }

    /// <summary>How user 0 and capabilities hang together.</summary>
    public SecureBits Secure { get; set; }

    /// <summary>True with CAP_SYS_ADMIN.</summary>
    public bool IsPrivileged => Has(Capability.Administration);

    /// <summary>As whom files are asked for; null for user and group 0 with every capability.</summary>
    public FileIdentity? ForFiles
    {
        get
        {
            if (!isStale) return identity;
            isStale = false;
            return identity = fileUid == 0 && fileGid == 0 && effective == CapabilitySet.All ? null : new FileIdentity(fileUid, fileGid, groups, effective);
        }
    }

    /// <summary>As whom access(2) asks: the real ids, and what the real user could make effective.</summary>
    public FileIdentity? ForAccess
    {
        get
        {
            var capabilities = (Secure & SecureBits.NoSetUidFixup) != 0 ? effective : Uid == 0 ? Permitted : default;
            return Uid == 0 && Gid == 0 && capabilities == CapabilitySet.All ? null : new FileIdentity(Uid, Gid, groups, capabilities);
        }
    }

    /// <summary>Whether a capability is effective.</summary>
    public bool Has(Capability capability) => effective.Has(capability);

    /// <summary>Whether the task is in a group (in_egroup_p: by its effective group).</summary>
    public bool IsInGroup(uint gid) => gid == EffectiveGid || Array.BinarySearch(groups, gid) >= 0;

    /// <summary>Becomes a user with the capabilities of one: all for user 0, else none.</summary>
    public void Become(uint uid, uint gid, uint[] supplementary)
    {
        Uid = EffectiveUid = SavedUid = FileUid = uid;
        Gid = EffectiveGid = SavedGid = FileGid = gid;
        Groups = supplementary;
        Permitted = Effective = uid == 0 ? CapabilitySet.All : default;
    }

    /// <summary>A copy, as fork(2) makes.</summary>
    public Credentials Copy() => (Credentials)MemberwiseClone();
}
