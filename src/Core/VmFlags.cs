namespace CheckpointRestart.Core;

/// <summary>Flags of a virtual memory area, with the values of Linux 2.6.27 (include/linux/mm.h, VM_*).</summary>
[Flags]
public enum VmFlags : uint
{
    None = 0,
    Read = 0x1,
    Write = 0x2,
    Exec = 0x4,
    Shared = 0x8,
    MayRead = 0x10,
    MayWrite = 0x20,
    MayExec = 0x40,
    MayShare = 0x80,
    GrowsDown = 0x100,
    GrowsUp = 0x200,
    PfnMap = 0x400,
    DenyWrite = 0x800,
    Executable = 0x1000,
    Locked = 0x2000,
    IO = 0x4000,
    SequentialRead = 0x8000,
    RandomRead = 0x10000,
    DontCopy = 0x20000,
    DontExpand = 0x40000,
    Reserved = 0x80000,
    Account = 0x100000,
    NoReserve = 0x200000,
    HugeTlb = 0x400000,
    NonLinear = 0x800000,
    MappedCopy = 0x1000000,
    InsertPage = 0x2000000,
    AlwaysDump = 0x4000000,
    CanNonLinear = 0x8000000,
    MixedMap = 0x10000000,
    Sao = 0x20000000,

    /// <summary>The three bits that mprotect(2) changes.</summary>
    Protection = Read | Write | Exec,
    /// <summary>The bits that say what mprotect(2) may set.</summary>
    May = MayRead | MayWrite | MayExec,
}
