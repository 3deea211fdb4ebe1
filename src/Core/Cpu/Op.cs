using System.Runtime.InteropServices;
using Iced.Intel;

namespace CheckpointRestart.Core.Cpu;

/// <summary>A decoded instruction. Blocks of these lie in native memory; the run loop calls <see cref="Run"/> of each in turn and stops at null.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
internal unsafe struct Op
{
    /// <summary>The handler. It must not change anything that a guest can see before all its accesses to memory have succeeded.</summary>
    [FieldOffset(0)] public delegate*<CpuState*, Op*, void> Run;
    /// <summary>EIP of the instruction.</summary>
    [FieldOffset(8)] public uint Start;
    /// <summary>EIP behind it.</summary>
    [FieldOffset(12)] public uint Next;
    /// <summary>Immediate, sign extended as the instruction has it; target of a direct branch.</summary>
    [FieldOffset(16)] public uint Immediate;
    [FieldOffset(20)] public uint Displacement;
    /// <summary>Byte offset in <see cref="CpuState"/> of the base register, or of <see cref="CpuState.Zero"/>.</summary>
    [FieldOffset(24)] public ushort Base;
    [FieldOffset(26)] public ushort Index;
    /// <summary>Register of operand 0, as byte offset in <see cref="CpuState"/>. ST(i) is i, a segment register its <see cref="SegmentState"/>.</summary>
    [FieldOffset(28)] public ushort A;
    /// <summary>Register of operand 1.</summary>
    [FieldOffset(30)] public ushort B;
    /// <summary>Register of operand 2.</summary>
    [FieldOffset(32)] public ushort C;
    /// <summary>Byte offset of the <see cref="SegmentState"/> that the memory operand uses.</summary>
    [FieldOffset(34)] public ushort Segment;
    /// <summary>0 for a plain 32-bit operand in a flat segment.</summary>
    [FieldOffset(36)] public OpSpecial Special;
    /// <summary>log2 of the index's factor.</summary>
    [FieldOffset(37)] public byte Scale;
    /// <summary>Bytes of the memory operand.</summary>
    [FieldOffset(38)] public ushort Size;
    [FieldOffset(40)] public OpTraits Traits;
    /// <summary>Second immediate (ENTER, EXTRQ) or the selector of a far pointer.</summary>
    [FieldOffset(42)] public ushort Immediate2;
    /// <summary>Iced's <see cref="Iced.Intel.Code"/>.</summary>
    [FieldOffset(44)] public ushort CodeValue;

    public readonly Code Code => (Code)CodeValue;
}

/// <summary>Why an operand's address needs more than base + index + displacement.</summary>
[Flags]
internal enum OpSpecial : byte
{
    None = 0,
    /// <summary>Offsets wrap at 64 KiB.</summary>
    Address16 = 1,
    /// <summary>The segment's base and limit count.</summary>
    Segmented = 2,
    /// <summary>EFLAGS.AC is set.</summary>
    Aligned = 4,
}

/// <summary>What the run loop and the block builder must know of an instruction.</summary>
[Flags]
internal enum OpTraits : ushort
{
    None = 0,
    /// <summary>The handler sets <see cref="CpuState.Eip"/>, and nothing follows in the block.</summary>
    EndsBlock = 1,
    /// <summary>F3 prefix.</summary>
    Rep = 2,
    /// <summary>F2 prefix.</summary>
    Repne = 4,
    Lock = 8,
    /// <summary>The block went on for no reason of its own: not an instruction.</summary>
    Continue = 16,
}
