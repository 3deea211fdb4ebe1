using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Image;

namespace CheckpointRestart.PS.Objects;

/// <summary>Bits of EFLAGS (Intel SDM volume 1, 3.4.3).</summary>
[Flags]
public enum CrProcessorFlags : uint
{
    None = 0,
    Carry = 1, Reserved = 2, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80,
    Trap = 0x100, Interrupt = 0x200, Direction = 0x400, Overflow = 0x800,
    NestedTask = 0x4000, Resume = 0x1_0000, Virtual8086 = 0x2_0000, AlignmentCheck = 0x4_0000, Identification = 0x20_0000,
}

/// <summary>All registers of a task.</summary>
public sealed class CrRegisters
{
    /// <summary>The task or image that they belong to.</summary>
    public required string Source { get; init; }

    public uint Eax { get; init; }
    public uint Ebx { get; init; }
    public uint Ecx { get; init; }
    public uint Edx { get; init; }
    public uint Esi { get; init; }
    public uint Edi { get; init; }
    public uint Ebp { get; init; }
    public uint Esp { get; init; }
    public uint Eip { get; init; }
    public CrProcessorFlags Eflags { get; init; }

    /// <summary>The number of the system call that the task is in, or -1.</summary>
    public int OrigEax { get; init; } = -1;

    public ushort Cs { get; init; }
    public ushort Ss { get; init; }
    public ushort Ds { get; init; }
    public ushort Es { get; init; }
    public ushort Fs { get; init; }
    public ushort Gs { get; init; }

    public uint Dr0 { get; init; }
    public uint Dr1 { get; init; }
    public uint Dr2 { get; init; }
    public uint Dr3 { get; init; }
    public uint Dr6 { get; init; }
    public uint Dr7 { get; init; }

    /// <summary>True when the task has used x87, MMX or SSE.</summary>
    public bool UsedMath { get; init; }

    /// <summary>The state as FXSAVE stores it, 512 bytes.</summary>
    public byte[] FxSave { get; init; } = [];

    /// <summary>The three TLS descriptors (selectors 0x33, 0x3b, 0x43).</summary>
    public IReadOnlyList<SegmentDescriptor> Tls { get; init; } = [];

    /// <summary>x87 control word.</summary>
    public ushort Fcw => FxSave.Length < 2 ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(FxSave);

    /// <summary>x87 status word.</summary>
    public ushort Fsw => FxSave.Length < 4 ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(FxSave.AsSpan(2));

    /// <summary>SSE control and status.</summary>
    public uint Mxcsr => FxSave.Length < 28 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(FxSave.AsSpan(24));

    /// <summary>The x87 registers from the top of the stack, rounded to double.</summary>
    public IReadOnlyList<double> St => FxSave.Length < 160 ? Array.Empty<double>() : Enumerable.Range(0, 8).Select(i => RegisterBytes.ToDouble(FxSave.AsSpan(32 + 16 * i, 10))).ToArray();

    /// <summary>The SSE registers, each as 32 hexadecimal digits, most significant first.</summary>
    public IReadOnlyList<string> Xmm => FxSave.Length < 288 ? Array.Empty<string>() : Enumerable.Range(0, 8).Select(i => $"{BinaryPrimitives.ReadUInt128LittleEndian(FxSave.AsSpan(160 + 16 * i)):x32}").ToArray();

    /// <summary>What the processor has; null for everything.</summary>
    internal CpuFeatures? Features { get; init; }

    /// <summary>What the six segment registers name, by selector; empty for null.</summary>
    internal IReadOnlyDictionary<ushort, SegmentDescriptor> Descriptors { get; init; } = new Dictionary<ushort, SegmentDescriptor>();
}
