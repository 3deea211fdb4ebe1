using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu;

/// <summary>One segment register: the selector and what its descriptor said when it was loaded.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct SegmentState
{
    /// <summary>Linear address of offset 0.</summary>
    [FieldOffset(0)] public uint Base;
    /// <summary>First valid offset: 0, or behind the limit when the segment expands down.</summary>
    [FieldOffset(4)] public uint Lowest;
    /// <summary>Last valid offset.</summary>
    [FieldOffset(8)] public uint Highest;
    [FieldOffset(12)] public ushort Selector;
    [FieldOffset(14)] public SegmentRights Rights;
}

/// <summary>What a loaded segment allows. None is a null selector.</summary>
[Flags]
internal enum SegmentRights : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Code = 4,
    /// <summary>32-bit code, or a stack that uses ESP.</summary>
    Big = 8,
    /// <summary>Base 0, every offset valid, readable; writable or code; big.</summary>
    Flat = 16,
}

/// <summary>One 80-bit register in a slot of 16 bytes; MMX registers are <see cref="Mantissa"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct X87Register
{
    [FieldOffset(0)] public ulong Mantissa;
    /// <summary>Sign in bit 15, biased exponent below.</summary>
    [FieldOffset(8)] public ushort SignExponent;
}

/// <summary>The registers of one task, in native memory at fixed places, so that generated code can share them.</summary>
/// <remarks>Register operands of an <see cref="Op"/> are byte offsets from the start of this structure.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 0x300)]
internal unsafe struct CpuState
{
    internal const int GprOffset = 0x000, ZeroOffset = 0x020, SegmentOffset = 0x080, X87Offset = 0x110, XmmOffset = 0x200, MxcsrOffset = 0x280, FcwOffset = 0x190, TopOffset = 0x195;

    /// <summary>EAX ECX EDX EBX ESP EBP ESI EDI.</summary>
    [FieldOffset(0x000)] public fixed uint Gpr[8];
    [FieldOffset(0x000)] public uint Eax;
    [FieldOffset(0x004)] public uint Ecx;
    [FieldOffset(0x008)] public uint Edx;
    [FieldOffset(0x00C)] public uint Ebx;
    [FieldOffset(0x010)] public uint Esp;
    [FieldOffset(0x014)] public uint Ebp;
    [FieldOffset(0x018)] public uint Esi;
    [FieldOffset(0x01C)] public uint Edi;
    /// <summary>Always 0: the base or index of an operand that has none.</summary>
    [FieldOffset(0x020)] public uint Zero;
    /// <summary>Valid between blocks; inside one, <see cref="Op.Start"/> tells.</summary>
    [FieldOffset(0x024)] public uint Eip;
    /// <summary>See <see cref="Flags"/>.</summary>
    [FieldOffset(0x028)] public uint FlagResult;
    /// <summary>See <see cref="Flags"/>.</summary>
    [FieldOffset(0x02C)] public uint FlagCarries;
    /// <summary>EFLAGS without OF SF ZF AF PF CF; bit 1 and IF are always set.</summary>
    [FieldOffset(0x030)] public uint SystemFlags;
    /// <summary>What the run loop must look at behind the block.</summary>
    [FieldOffset(0x034)] public CpuEvent Event;
    /// <summary>Instructions that may still run, those of the running block already taken off.</summary>
    [FieldOffset(0x038)] public long Budget;
    [FieldOffset(0x040)] public long* ReadTable;
    [FieldOffset(0x048)] public long* WriteTable;
    /// <summary>GCHandle of the <see cref="Processor"/> that runs this state.</summary>
    [FieldOffset(0x050)] public nint Owner;
    [FieldOffset(0x058)] public Op* FaultOp;
    [FieldOffset(0x060)] public uint FaultAddress;
    [FieldOffset(0x064)] public uint FaultCode;
    [FieldOffset(0x068)] public byte FaultVector;
    [FieldOffset(0x069)] public Memory.FaultKind FaultKind;
    /// <summary>Data breakpoints that were met and not yet told: bits 0 to 3, as in DR6.</summary>
    [FieldOffset(0x06A)] public byte Met;
    /// <summary>1 while <see cref="Processor.Watches"/> looks at accesses.</summary>
    [FieldOffset(0x06B)] public byte Watched;
    [FieldOffset(0x06C)] public uint Mode;
    /// <summary>The processor's clock is behind this; the kernel may use it as it likes.</summary>
    [FieldOffset(0x070)] public ulong* Ldt;
    /// <summary>Entries of <see cref="Ldt"/>.</summary>
    [FieldOffset(0x078)] public uint LdtCount;

    [FieldOffset(0x080)] public SegmentState Es;
    [FieldOffset(0x090)] public SegmentState Cs;
    [FieldOffset(0x0A0)] public SegmentState Ss;
    [FieldOffset(0x0B0)] public SegmentState Ds;
    [FieldOffset(0x0C0)] public SegmentState Fs;
    [FieldOffset(0x0D0)] public SegmentState Gs;
    /// <summary>Raw descriptors of GDT entries 6 to 8.</summary>
    [FieldOffset(0x0E0)] public fixed ulong Tls[3];

    /// <summary>Physical registers R0 to R7: ST(i) is (<see cref="Top"/> + i) mod 8; MMi is Ri's mantissa.</summary>
    [FieldOffset(0x110)] public X87Register R0;
    [FieldOffset(0x190)] public ushort Fcw;
    /// <summary>Status word without TOP, which is <see cref="Top"/>.</summary>
    [FieldOffset(0x192)] public ushort Fsw;
    /// <summary>One bit a physical register: 1 when it is not empty.</summary>
    [FieldOffset(0x194)] public byte Tags;
    [FieldOffset(0x195)] public byte Top;
    /// <summary>Last x87 instruction's opcode, 11 bits.</summary>
    [FieldOffset(0x198)] public ushort Fop;
    [FieldOffset(0x19A)] public ushort Fcs;
    [FieldOffset(0x19C)] public ushort Fds;
    [FieldOffset(0x1A0)] public uint Fip;
    [FieldOffset(0x1A4)] public uint Fdp;

    [FieldOffset(0x1B0)] public fixed uint Dr[8];

    [FieldOffset(0x200)] public System.Runtime.Intrinsics.Vector128<byte> Xmm0;
    [FieldOffset(0x280)] public uint Mxcsr;
    /// <summary>Room for the handlers of one instruction.</summary>
    [FieldOffset(0x2C0)] public fixed byte Scratch[64];
}

/// <summary>What happened inside a block that the run loop has to act on.</summary>
[Flags]
internal enum CpuEvent : uint
{
    None = 0,
    /// <summary>INT 80h.</summary>
    SystemCall = 1,
    /// <summary>SYSENTER.</summary>
    SysEnter = 2,
    /// <summary>An exception behind the instruction: <see cref="CpuState.FaultVector"/>.</summary>
    Trap = 4,
    /// <summary>A segment register, TF or AC changed: <see cref="CpuState.Mode"/> must be found anew.</summary>
    Mode = 8,
    /// <summary>A data breakpoint was met.</summary>
    Breakpoint = 16,
    /// <summary>An access was made that <see cref="Processor.Watches"/> looks for.</summary>
    Watch = 32,
}
