using System.Runtime.InteropServices;

namespace CheckpointRestart.Core.Cpu.Translator;

/// <summary>What translated code keeps beside the registers, right in front of the address space's look-up tables, so that one host register leads to all.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct TranslationContext
{
    internal const int Size = 192;

    /// <summary>Distances of the fields from the read table.</summary>
    internal const int ToWindow = 0x00 - Size, ToFaultPlace = 0x08 - Size, ToFaultAddress = 0x10 - Size, ToFaultFlags = 0x18 - Size, ToFaultError = 0x20 - Size,
        ToFaultUnits = 0x24 - Size, ToFaultScratch = 0x28 - Size, ToState = 0x40 - Size, ToTargets = 0x48 - Size, ToSlot = 0x50 - Size, ToExit = 0x58 - Size, ToFlagKind = 0x5C - Size,
        ToFlagC = 0x60 - Size, ToTarget = 0x64 - Size, ToProductA = 0x68 - Size, ToProductB = 0x6C - Size, ToBaseKind = 0x70 - Size, ToGsIsPlain = 0x74 - Size,
        ToGsBase = 0x78 - Size, ToFlagA = 0x7C - Size, ToFlagB = 0x80 - Size, ToVectorsLoaded = 0x84 - Size, ToHostControl = 0x88 - Size,
        ToVectorsRefused = 0x8C - Size, ToFlagTable = 0x90 - Size, ToX87Loaded = 0x98 - Size, ToX87Refused = 0x9C - Size,
        ToInstructionPointer = 0xA0 - Size, ToOperandPointer = 0xA4 - Size, ToOperandSegment = 0xA8 - Size, ToX87Noted = 0xAC - Size, ToKept = 0xB0 - Size,
        ToBackward = 0xB8 - Size;

    /// <summary>An FXSAVE image, in front of this.</summary>
    internal const int ToImage = -1024;

    /// <summary>Host addresses of groups of accesses, in front of this.</summary>
    internal const int ToGroups = -0x100;

    /// <summary>Where guest address 0 lies for code that was made for a window; 0 without one.</summary>
    [FieldOffset(0x00)] public byte* Window;
    /// <summary>The host instruction whose access faulted, the host address, host flags at the time, and the page fault's error code, or 0 for another exception.</summary>
    [FieldOffset(0x08)] public byte* FaultPlace;
    [FieldOffset(0x10)] public byte* FaultAddress;
    [FieldOffset(0x18)] public ulong FaultFlags;
    [FieldOffset(0x20)] public uint FaultError;
    /// <summary>Bits 0 and 8: XMM and x87 registers were in the host's.</summary>
    [FieldOffset(0x24)] public uint FaultUnits;
    /// <summary>R8, R9 and R14 at the time.</summary>
    [FieldOffset(0x28)] public fixed ulong FaultScratch[3];
    /// <summary>Registers of the task that runs.</summary>
    [FieldOffset(0x40)] public CpuState* State;
    /// <summary>Table of <see cref="JumpTarget"/>, by EIP.</summary>
    [FieldOffset(0x48)] public JumpTarget* Targets;
    /// <summary>EFLAGS, when <see cref="FlagKind"/> is Saved.</summary>
    [FieldOffset(0x50)] public ulong Slot;
    /// <summary>Which exit was taken.</summary>
    [FieldOffset(0x58)] public uint Exit;
    /// <summary>What the flags come from.</summary>
    [FieldOffset(0x5C)] public FlagKind FlagKind;
    /// <summary>The third operand of it, where there is one.</summary>
    [FieldOffset(0x60)] public uint FlagC;
    /// <summary>Where an indirect jump leads.</summary>
    [FieldOffset(0x64)] public uint Target;
    /// <summary>Factors of the last multiplication, when <see cref="FlagKind"/> is a product.</summary>
    [FieldOffset(0x68)] public uint ProductA;
    [FieldOffset(0x6C)] public uint ProductB;
    /// <summary>What the flags come from that a multiplication leaves alone.</summary>
    [FieldOffset(0x70)] public FlagKind BaseKind;
    /// <summary>1 when GS has a base and no limit, and may be read and written.</summary>
    [FieldOffset(0x74)] public uint GsIsPlain;
    [FieldOffset(0x78)] public uint GsBase;
    /// <summary>The flags' first and second operand; in R10D and R11D while translated code runs.</summary>
    [FieldOffset(0x7C)] public uint FlagA;
    [FieldOffset(0x80)] public uint FlagB;
    /// <summary>1 while the XMM registers are in the host's.</summary>
    [FieldOffset(0x84)] public uint VectorsLoaded;
    /// <summary>MXCSR of the host.</summary>
    [FieldOffset(0x88)] public uint HostControl;
    /// <summary>1 while the guest's MXCSR does not mask every exception: then the interpreter does what uses it.</summary>
    [FieldOffset(0x8C)] public uint VectorsRefused;
    /// <summary>Code that turns each simple <see cref="FlagKind"/> into host flags.</summary>
    [FieldOffset(0x90)] public nint* FlagTable;
    /// <summary>1 while the x87 registers are in the host's.</summary>
    [FieldOffset(0x98)] public uint X87Loaded;
    /// <summary>1 while the guest's control word does not mask every exception.</summary>
    [FieldOffset(0x9C)] public uint X87Refused;
    /// <summary>EIP of the last x87 instruction, the offset of the last memory operand, and where in <see cref="CpuState"/> its segment is; 0 for none.</summary>
    [FieldOffset(0xA0)] public uint InstructionPointer;
    [FieldOffset(0xA4)] public uint OperandPointer;
    [FieldOffset(0xA8)] public uint OperandSegment;
    /// <summary>1 when <see cref="InstructionPointer"/> is set.</summary>
    [FieldOffset(0xAC)] public uint X87Noted;
    /// <summary>EFLAGS for the length of one instruction.</summary>
    [FieldOffset(0xB0)] public ulong Kept;
    /// <summary>Not 0 while DF is set.</summary>
    [FieldOffset(0xB8)] public uint Backward;
}

/// <summary>One entry of the table in which indirect jumps look. A target is in the entry of its index or in another of the same group of four, which fill a cache line.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct JumpTarget
{
    /// <summary>log2 of the entries of a table.</summary>
    internal const int Bits = 14;

    /// <summary>Entries of a group.</summary>
    internal const int Group = 4;

    /// <summary>Spreads addresses over the table: 2^32 divided by the golden ratio.</summary>
    internal const uint Factor = 0x9E3779B1;

    internal uint Eip;
    uint unused;
    internal byte* Code;

    internal static uint IndexOf(uint eip) => (eip * Factor) >> (32 - Bits);
}
