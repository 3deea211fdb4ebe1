using System.Buffers.Binary;

namespace CheckpointRestart.Core.Cpu;

/// <summary>What a register is for.</summary>
public enum RegisterKind
{
    /// <summary>EAX to EDI, ESP, EIP.</summary>
    General,
    Flags,
    Segment,
    Debug,
    /// <summary>ST0 to ST7, by place in the stack.</summary>
    FloatingPoint,
    /// <summary>FCW, FSW, FTW, FOP, and the pointers to the last instruction and operand.</summary>
    FloatControl,
    /// <summary>MM0 to MM7: the significands of the x87 registers by number.</summary>
    Mmx,
    Sse,
    /// <summary>MXCSR.</summary>
    SseControl,
}

/// <summary>A register that a debugger can name.</summary>
/// <param name="Name">Intel's name, lower case.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Index">Its number among those of its kind.</param>
/// <param name="Size">Bytes.</param>
public sealed record RegisterName(string Name, RegisterKind Kind, int Index, int Size);

/// <summary>Sets registers by name from outside, as ptrace(2) lets a debugger: what the processor or Linux would not take is refused in words.</summary>
public static class RegisterAccess
{
    const uint Carried = Flags.UserWritable | Flags.Fixed;

    /// <summary>Bits of FCW: the six masks, precision, rounding, infinity control, and bit 6, which reads as one.</summary>
    const uint ControlBits = 0x1F7F;

    /// <summary>B0 to B3, BD, BS, BT.</summary>
    const uint DebugStatusBits = 0xE00F;

    /// <summary>L0 to G3, LE, GE and the four fields; bit 10 reads as one.</summary>
    const uint DebugControlBits = 0xFFFF07FF;

    /// <summary>Bit (LEN &lt;&lt; 2 | R/W) is set where i386's ptrace refuses the pair: I/O breakpoints, 8-byte lengths, execution with a length.</summary>
    const uint BadBreakpoints = 0x5F54;

    const int Fcw = 0, Fsw = 1, Ftw = 2, Fop = 3, Fip = 4, Fcs = 5, Fdp = 6, Fds = 7;

    /// <summary>All of them, in the order in which a debugger shows them.</summary>
    public static IReadOnlyList<RegisterName> All { get; } =
    [
        .. Numbered(RegisterKind.General, 4, "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip"),
        new("eflags", RegisterKind.Flags, 0, 4),
        .. Numbered(RegisterKind.Segment, 2, "es", "cs", "ss", "ds", "fs", "gs"),
        .. Enumerable.Range(0, 8).Select(static i => new RegisterName($"st{i}", RegisterKind.FloatingPoint, i, 10)),
        new("fcw", RegisterKind.FloatControl, Fcw, 2),
        new("fsw", RegisterKind.FloatControl, Fsw, 2),
        new("ftw", RegisterKind.FloatControl, Ftw, 2),
        new("fop", RegisterKind.FloatControl, Fop, 2),
        new("fip", RegisterKind.FloatControl, Fip, 4),
        new("fcs", RegisterKind.FloatControl, Fcs, 2),
        new("fdp", RegisterKind.FloatControl, Fdp, 4),
        new("fds", RegisterKind.FloatControl, Fds, 2),
        .. Enumerable.Range(0, 8).Select(static i => new RegisterName($"mm{i}", RegisterKind.Mmx, i, 8)),
        .. Enumerable.Range(0, 8).Select(static i => new RegisterName($"xmm{i}", RegisterKind.Sse, i, 16)),
        new("mxcsr", RegisterKind.SseControl, 0, 4),
        .. new[] { 0, 1, 2, 3, 6, 7 }.Select(static i => new RegisterName($"dr{i}", RegisterKind.Debug, i, 4)),
    ];

    /// <summary>The register of a name, in any case; null when there is none.</summary>
    public static RegisterName? Find(string name) => All.FirstOrDefault(register => string.Equals(register.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a processor must have for the register to be there.</summary>
    public static CpuFeatures FeaturesFor(RegisterName register)
    {
        ArgumentNullException.ThrowIfNull(register);
        return register.Kind switch
        {
            RegisterKind.Mmx => CpuFeatures.Mmx,
            RegisterKind.Sse or RegisterKind.SseControl => CpuFeatures.Sse,
            _ => default,
        };
    }

    /// <summary>Sets a register.</summary>
    /// <param name="registers">A task's.</param>
    /// <param name="register">Which.</param>
    /// <param name="value">Its bytes, least significant first: <see cref="RegisterName.Size"/> of them.</param>
    /// <returns>Null; or why the value is refused, as a sentence's end: then nothing changed.</returns>
    public static string? Set(Registers registers, RegisterName register, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(registers);
        ArgumentNullException.ThrowIfNull(register);
        ArgumentOutOfRangeException.ThrowIfNotEqual(value.Length, register.Size, nameof(value));
        Span<byte> wide = stackalloc byte[8];
        value[..Math.Min(value.Length, 8)].CopyTo(wide);
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(wide);
        return register.Kind switch
        {
            RegisterKind.General => SetGeneral(registers, register.Index, word),
            RegisterKind.Flags => SetFlags(registers, word),
            RegisterKind.Segment => registers.TryLoadSegment((SegmentName)register.Index, (ushort)word) ? null : $"cannot hold the selector 0x{word:x4}: its descriptor is not there, or not valid for it",
            RegisterKind.Debug => SetDebug(registers, register.Index, word),
            _ => SetFloat(registers, register, value, word),
        };
    }

    static IEnumerable<RegisterName> Numbered(RegisterKind kind, int size, params string[] names) => names.Select((name, index) => new RegisterName(name, kind, index, size));

    static unsafe string? SetGeneral(Registers registers, int index, uint value)
    {
        if (index < 8) registers.State->Gpr[index] = value;
        else registers.Eip = value;
        return null;
    }

    static string? SetFlags(Registers registers, uint value)
    {
        if ((value & ~Carried) != 0) return $"has bits that user mode does not have: 0x{value & ~Carried:x}";
        registers.Eflags = value;
        return null;
    }

    static string? SetDebug(Registers registers, int index, uint value)
    {
        if (index == 6)
        {
            registers.SetDebug(6, (value & DebugStatusBits) | Breakpoints.StatusFixed);
            return null;
        }
        if (index == 7 && (value & ~DebugControlBits) != 0) return $"has bits that a task may not set: 0x{value & ~DebugControlBits:x}";
        if (index < 4 && value >= Memory.AddressSpace.UserEnd - 3) return $"is an address of user memory, and 0x{value:x8} is none";
        uint control = index == 7 ? value : registers.GetDebug(7);
        for (int i = 0; i < 4; i++)
        {
            uint field = control >> (16 + i * 4) & 15;
            if ((BadBreakpoints >> (int)field & 1) != 0) return $"asks for a breakpoint {i} that is not on execution, writing or access of 1, 2 or 4 bytes";
            uint address = i == index ? value : registers.GetDebug(i);
            if ((control >> (i * 2) & 3) != 0 && (address & (field >> 2)) != 0) return $"would leave breakpoint {i} at 0x{address:x8}, which is no multiple of its length, {(field >> 2) + 1}";
        }
        registers.SetDebug(index, index == 7 ? value | Breakpoints.ControlFixed : value);
        return null;
    }

    /// <summary>Through the FXSAVE image, which holds all of it; registers of the x87 stand in it by their place in the stack.</summary>
    static string? SetFloat(Registers registers, RegisterName register, ReadOnlySpan<byte> value, uint word)
    {
        Span<byte> image = stackalloc byte[FxState.ExtendedSize];
        registers.SaveFxsr(image);
        int top = BinaryPrimitives.ReadUInt16LittleEndian(image[2..]) >> 11 & 7;
        switch (register.Kind)
        {
            case RegisterKind.FloatingPoint:
                value.CopyTo(image[(32 + 16 * register.Index)..]);
                // What is given a value is not empty.
                image[4] |= (byte)(1 << (top + register.Index & 7));
                break;
            case RegisterKind.Mmx:
                value.CopyTo(image[(32 + 16 * (register.Index - top & 7))..]);
                break;
            case RegisterKind.Sse:
                value.CopyTo(image[(160 + 16 * register.Index)..]);
                break;
            case RegisterKind.SseControl when (word & ~FxState.MxcsrMask) != 0:
                return $"has reserved bits: 0x{word & ~FxState.MxcsrMask:x}";
            case RegisterKind.SseControl:
                value.CopyTo(image[24..]);
                break;
            case RegisterKind.FloatControl when register.Index == Fcw && (word & ~ControlBits) != 0:
                return $"has reserved bits: 0x{word & ~ControlBits:x}";
            case RegisterKind.FloatControl when register.Index == Fop && word > 0x7FF:
                return "holds an opcode of 11 bits";
            case RegisterKind.FloatControl when register.Index == Ftw:
                image[4] = FxState.AbridgedTags(word);
                break;
            default:
                value.CopyTo(image[ControlOffset(register.Index)..]);
                break;
        }
        registers.RestoreFxsr(image);
        return null;
    }

    static int ControlOffset(int index) => index switch { Fcw => 0, Fsw => 2, Fop => 6, Fip => 8, Fcs => 12, Fdp => 16, _ => 20 };
}
