namespace CheckpointRestart.Core.Cpu;

/// <summary>Why the processor came back.</summary>
public enum TrapKind : byte
{
    /// <summary>The instruction budget is spent.</summary>
    None,
    /// <summary>INT 80h or SYSENTER: the instruction is retired, EIP is behind it.</summary>
    SystemCall,
    /// <summary>An exception: <see cref="Trap.Vector"/> tells which. A fault's EIP is at the instruction, a trap's behind it.</summary>
    Exception,
}

/// <summary>What ended a run of the processor.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Vector">Exception vector (Intel SDM volume 3, 6.3.1): 0 #DE, 1 #DB, 3 #BP, 4 #OF, 5 #BR, 6 #UD, 7 #NM, 11 #NP, 12 #SS, 13 #GP, 14 #PF, 16 #MF, 17 #AC, 19 #XM.</param>
/// <param name="ErrorCode">The error code that the processor would push.</param>
/// <param name="Address">For #PF the faulting linear address.</param>
/// <param name="Fault">For #PF why the access failed.</param>
public readonly record struct Trap(TrapKind Kind, byte Vector = 0, uint ErrorCode = 0, uint Address = 0, Memory.FaultKind Fault = Memory.FaultKind.None)
{
    /// <summary><see cref="Vector"/> of a system call by INT 80h.</summary>
    public const byte Interrupt80 = 0x80;

    /// <summary><see cref="Vector"/> of a system call by SYSENTER: EIP is behind it; Linux returns to the vdso's landing place instead.</summary>
    public const byte SysEnter = 0x34;
}
