namespace CheckpointRestart.Core;

/// <summary>CAP_* (linux/capability.h).</summary>
public enum Capability
{
    ChangeOwner = 0,
    OverrideAccess = 1,
    ReadAndSearch = 2,
    FileOwner = 3,
    FileSetId = 4,
    Kill = 5,
    SetGid = 6,
    SetUid = 7,
    SetCapabilities = 8,
    LinuxImmutable = 9,
    BindService = 10,
    Broadcast = 11,
    NetworkAdministration = 12,
    RawNetwork = 13,
    LockMemory = 14,
    IpcOwner = 15,
    Module = 16,
    RawIO = 17,
    ChangeRoot = 18,
    Trace = 19,
    Accounting = 20,
    Administration = 21,
    Boot = 22,
    Nice = 23,
    Resource = 24,
    Time = 25,
    TerminalConfiguration = 26,
    MakeNode = 27,
    Lease = 28,
    AuditWrite = 29,
    AuditControl = 30,
    SetFileCapabilities = 31,
    MacOverride = 32,
    MacAdministration = 33,
    SystemLog = 34,
    WakeAlarm = 35,
    BlockSuspend = 36,
    AuditRead = 37,
    PerformanceMonitor = 38,
    Bpf = 39,
    CheckpointRestore = 40,

    /// <summary>CAP_LAST_CAP.</summary>
    Last = CheckpointRestore,
}

/// <summary>A set of capabilities: bit n stands for number n.</summary>
public readonly record struct CapabilitySet(ulong Bits)
{
    /// <summary>All that exist.</summary>
    public static CapabilitySet All => new((1ul << ((int)Capability.Last + 1)) - 1);

    /// <summary>What a change of the file user id takes and gives (Linux: CAP_FS_SET).</summary>
    public static CapabilitySet ForFiles => Of(Capability.ChangeOwner, Capability.OverrideAccess, Capability.ReadAndSearch, Capability.FileOwner,
        Capability.FileSetId, Capability.LinuxImmutable, Capability.MakeNode, Capability.MacOverride);

    /// <summary>A set of the given.</summary>
    public static CapabilitySet Of(params ReadOnlySpan<Capability> members)
    {
        ulong bits = 0;
        foreach (var member in members) bits |= 1ul << (int)member;
        return new(bits);
    }

    public bool IsEmpty => Bits == 0;

    public bool Has(Capability capability) => (Bits >> (int)capability & 1) != 0;

    /// <summary>True when all members of this are in the other.</summary>
    public bool IsWithin(CapabilitySet other) => (Bits & ~other.Bits) == 0;

    public CapabilitySet Without(Capability capability) => new(Bits & ~(1ul << (int)capability));

    public CapabilitySet With(Capability capability) => new(Bits | 1ul << (int)capability);

    public static CapabilitySet operator &(CapabilitySet a, CapabilitySet b) => new(a.Bits & b.Bits);

    public static CapabilitySet operator |(CapabilitySet a, CapabilitySet b) => new(a.Bits | b.Bits);

    public static CapabilitySet operator ~(CapabilitySet a) => new(All.Bits & ~a.Bits);

    /// <summary>As /proc/pid/status has it.</summary>
    public override string ToString() => $"{Bits:x16}";
}
