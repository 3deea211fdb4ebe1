using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.PS.Objects;

namespace CheckpointRestart.PS.Runtime;

/// <summary>The registers of a task or image one by one, each with what it holds in a debugger's words.</summary>
static class RegisterList
{
    /// <summary>The number of the call that a task is in: the kernel's, no register of the processor.</summary>
    static readonly RegisterName OriginalEax = new("orig_eax", RegisterKind.General, 9, 4);

    static readonly RegisterName[] Shown = [.. Order(RegisterAccess.All)];

    internal static IEnumerable<string> Names => Shown.Select(static register => register.Name);

    internal static IEnumerable<CrRegister> Of(CrRegisters registers) =>
        Shown.Where(register => registers.Features is not { } has || (RegisterAccess.FeaturesFor(register) & ~has) == 0).Select(register => One(registers, register));

    static IEnumerable<RegisterName> Order(IReadOnlyList<RegisterName> all)
    {
        // As debuggers have them, not as machine code numbers them.
        foreach (string name in (string[])["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags"]) yield return all.First(register => register.Name == name);
        yield return OriginalEax;
        foreach (string name in (string[])["cs", "ss", "ds", "es", "fs", "gs"]) yield return all.First(register => register.Name == name);
        foreach (var register in all.Where(static register => register.Kind is not (RegisterKind.General or RegisterKind.Flags or RegisterKind.Segment))) yield return register;
    }

    static CrRegister One(CrRegisters registers, RegisterName register)
    {
        var bytes = BytesOf(registers, register);
        uint word = bytes.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        string source = registers.Source;
        switch (register.Kind)
        {
            case RegisterKind.Segment:
                var descriptor = registers.Descriptors.GetValueOrDefault((ushort)word);
                return new CrSegmentRegister(register, bytes, descriptor, RegisterText.Segment(word, descriptor), source);
            case RegisterKind.FloatingPoint:
                int number = (Top(registers) + register.Index) & 7;
                var tag = TagOf(registers, number);
                return new CrFloatRegister(register, bytes, number, tag, RegisterText.Float(bytes, tag), source);
            case RegisterKind.Sse:
                return new CrVectorRegister(register, bytes, RegisterText.Vector(bytes), source);
            case RegisterKind.Mmx:
                return new CrRegister(register, bytes, BinaryPrimitives.ReadUInt64LittleEndian(bytes), RegisterText.Mmx(bytes), source);
            default:
                return new CrRegister(register, bytes, word, RegisterText.Word(register, word, registers), source);
        }
    }

    static byte[] BytesOf(CrRegisters registers, RegisterName register)
    {
        var area = registers.FxSave;
        return register.Kind switch
        {
            RegisterKind.FloatingPoint => area[(32 + 16 * register.Index)..(42 + 16 * register.Index)],
            RegisterKind.Mmx => area[(32 + 16 * Place(registers, register.Index))..(40 + 16 * Place(registers, register.Index))],
            RegisterKind.Sse => area[(160 + 16 * register.Index)..(176 + 16 * register.Index)],
            _ => BitConverter.GetBytes(WordOf(registers, register.Name))[..register.Size],
        };
    }

    static uint WordOf(CrRegisters registers, string name) => name switch
    {
        "eax" => registers.Eax,
        "ebx" => registers.Ebx,
        "ecx" => registers.Ecx,
        "edx" => registers.Edx,
        "esi" => registers.Esi,
        "edi" => registers.Edi,
        "ebp" => registers.Ebp,
        "esp" => registers.Esp,
        "eip" => registers.Eip,
        "eflags" => (uint)registers.Eflags,
        "orig_eax" => (uint)registers.OrigEax,
        "cs" => registers.Cs,
        "ss" => registers.Ss,
        "ds" => registers.Ds,
        "es" => registers.Es,
        "fs" => registers.Fs,
        "gs" => registers.Gs,
        "dr0" => registers.Dr0,
        "dr1" => registers.Dr1,
        "dr2" => registers.Dr2,
        "dr3" => registers.Dr3,
        "dr6" => registers.Dr6,
        "dr7" => registers.Dr7,
        "fcw" => registers.Fcw,
        "fsw" => registers.Fsw,
        "ftw" => FullTags(registers),
        "fop" => Half(registers, 6),
        "fip" => Word(registers, 8),
        "fcs" => Half(registers, 12),
        "fdp" => Word(registers, 16),
        "fds" => Half(registers, 20),
        "mxcsr" => registers.Mxcsr,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no register"),
    };

    static int Top(CrRegisters registers) => registers.Fsw >> 11 & 7;

    /// <summary>Where in the stack a physical register stands.</summary>
    static int Place(CrRegisters registers, int number) => (number - Top(registers)) & 7;

    static FloatTag TagOf(CrRegisters registers, int number)
    {
        if ((registers.FxSave[4] >> number & 1) == 0) return FloatTag.Empty;
        var bytes = registers.FxSave.AsSpan(32 + 16 * Place(registers, number), 10);
        ulong significand = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        int exponent = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) & 0x7fff;
        if (exponent == 0 && significand == 0) return FloatTag.Zero;
        return exponent is 0 or 0x7fff || significand >> 63 == 0 ? FloatTag.Special : FloatTag.Valid;
    }

    /// <summary>FTW as FSTENV stores it, two bits a register; FXSAVE keeps only which are empty.</summary>
    static uint FullTags(CrRegisters registers)
    {
        uint tags = 0;
        for (int number = 0; number < 8; number++) tags |= (uint)TagOf(registers, number) << (2 * number);
        return tags;
    }

    static uint Half(CrRegisters registers, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(registers.FxSave.AsSpan(offset));

    static uint Word(CrRegisters registers, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(registers.FxSave.AsSpan(offset));
}
