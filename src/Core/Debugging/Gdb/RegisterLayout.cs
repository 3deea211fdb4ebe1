using System.Buffers.Binary;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>The registers in the order and sizes of <see cref="TargetDescription"/>.</summary>
static class RegisterLayout
{
    /// <summary>Numbers of EBP, ESP and EIP, which each stop tells.</summary>
    public const int Esp = 4, Ebp = 5, Eip = 8;

    internal const int Stack = 16;

    const int Eflags = 9, Segments = 10, Control = 24, Sse = 32, SseControl = 40;

    /// <summary>As the kernel knows them.</summary>
    internal static readonly string[] Names =
    [
        "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags", "cs", "ss", "ds", "es", "fs", "gs",
        "st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7", "fcw", "fsw", "ftw", "fcs", "fip", "fds", "fdp", "fop",
        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "mxcsr",
    ];

    /// <summary>How many there are.</summary>
    public static int Count(bool hasSse) => hasSse ? SseControl + 2 : Sse + 1;

    /// <summary>The number of orig_eax: the last one.</summary>
    public static int OriginalEax(bool hasSse) => Count(hasSse) - 1;

    /// <summary>Bytes.</summary>
    public static int SizeOf(int number, bool hasSse) =>
        number is >= Stack and < Control ? 10 : hasSse && number is >= Sse and < SseControl ? 16 : 4;

    /// <summary>The register as the kernel knows it; null for orig_eax.</summary>
    public static RegisterName? NameOf(int number, bool hasSse) => number == OriginalEax(hasSse) ? null : RegisterAccess.Find(Names[number]);

    /// <summary>Writes a register's bytes.</summary>
    public static void Write(GuestRegisters registers, int number, bool hasSse, Span<byte> to)
    {
        var fsave = registers.Fsave;
        if (number == OriginalEax(hasSse)) Word(to, registers.OrigEax);
        else if (number < Eip) Word(to, registers.General[number]);
        else if (number == Eip) Word(to, registers.Eip);
        else if (number == Eflags) Word(to, registers.Eflags);
        else if (number < Stack) Word(to, registers.Segments[number - Segments]);
        else if (number < Control) fsave.Slice(28 + 10 * (number - Stack), 10).CopyTo(to);
        else if (number < Sse) Word(to, FloatControl(fsave, number - Control));
        else if (number < SseControl) registers.Sse.Slice(16 * (number - Sse), 16).CopyTo(to);
        else Word(to, registers.SseControl);
    }

    /// <summary>fctrl, fstat, ftag, fiseg, fioff, foseg, fooff, fop out of FSAVE's image.</summary>
    static uint FloatControl(ReadOnlySpan<byte> fsave, int index) => index switch
    {
        0 => BinaryPrimitives.ReadUInt16LittleEndian(fsave),
        1 => BinaryPrimitives.ReadUInt16LittleEndian(fsave[4..]),
        2 => BinaryPrimitives.ReadUInt16LittleEndian(fsave[8..]),
        3 => BinaryPrimitives.ReadUInt16LittleEndian(fsave[16..]),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(fsave[12..]),
        5 => BinaryPrimitives.ReadUInt16LittleEndian(fsave[24..]),
        6 => BinaryPrimitives.ReadUInt32LittleEndian(fsave[20..]),
        _ => BinaryPrimitives.ReadUInt16LittleEndian(fsave[18..]) & 0x7FFu,
    };

    static void Word(Span<byte> to, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(to, value);
}
