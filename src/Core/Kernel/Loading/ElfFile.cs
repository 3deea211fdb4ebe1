using System.Buffers.Binary;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>A program header (Elf32_Phdr).</summary>
internal readonly record struct ElfSegment(uint Type, uint Offset, uint Address, uint FileSize, uint MemorySize, uint Flags, uint Alignment)
{
    public const uint Load = 1, Interpreter = 3, GnuStack = 0x6474E551;
    public const uint Execute = 1, Write = 2, Read = 4;
}

/// <summary>The headers of an i386 ELF program, checked. The file is untrusted input.</summary>
internal sealed class ElfFile
{
    const int HeaderSize = 52, SegmentSize = 32;
    const ushort Executable = 2, Shared = 3, Intel386 = 3;
    const int LongestInterpreter = 4096;

    /// <summary>True for ET_DYN: a shared object or position-independent program.</summary>
    public bool IsPositionIndependent { get; private init; }

    public uint Entry { get; private init; }

    public uint HeadersOffset { get; private init; }

    public ElfSegment[] Segments { get; private init; } = [];

    /// <summary>PT_INTERP, guest text; null for a static program.</summary>
    public string? InterpreterPath { get; private init; }

    /// <summary>PT_LOAD headers.</summary>
    public ElfSegment[] Loads { get; private init; } = [];

    /// <summary>True when the stack must be executable: no PT_GNU_STACK, or one that says so.</summary>
    public bool HasExecutableStack => StackAt(Segments) is var at && (at < 0 || (Segments[at].Flags & ElfSegment.Execute) != 0);

    /// <summary>True when readable memory is executable too (READ_IMPLIES_EXEC): no PT_GNU_STACK at all.</summary>
    public bool ReadImpliesExecute => StackAt(Segments) < 0;

    /// <summary>Reads and checks the headers.</summary>
    /// <param name="file">The file.</param>
    /// <param name="elf">The headers.</param>
    /// <param name="reason">For ENOEXEC, what the file is instead, as a sentence's end; else empty.</param>
    /// <returns>None, ENOEXEC, or an I/O error.</returns>
    public static Errno Read(OpenFile file, out ElfFile? elf, out string reason)
    {
        elf = null;
        reason = "is not an ELF program";
        Span<byte> header = stackalloc byte[HeaderSize];
        var error = ReadExactly(file, 0, header);
        if (error != Errno.None) return error;
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != 0x7F454C46) return Errno.ENOEXEC;
        ushort type = U16(header, 16), machine = header[5] == 2 ? BinaryPrimitives.ReadUInt16BigEndian(header[18..]) : U16(header, 18);
        if (header[4] != 1 || header[5] != 1 || machine != Intel386)
        {
            reason = $"is a {(header[4] == 2 ? "64" : "32")}-bit ELF file for {MachineName(machine)}, and this machine runs 32-bit x86 (i386) programs";
            return Errno.ENOEXEC;
        }
        reason = "is a damaged ELF file";
        if (type is not (Executable or Shared))
        {
            reason = "is an ELF file, but no program";
            return Errno.ENOEXEC;
        }
        int count = U16(header, 44);
        if (U16(header, 42) != SegmentSize || count is 0 or > 65536 / SegmentSize) return Errno.ENOEXEC;
        var table = new byte[count * SegmentSize];
        error = ReadExactly(file, U32(header, 28), table);
        if (error != Errno.None) return error;
        var segments = new ElfSegment[count];
        for (int i = 0; i < count; i++)
        {
            var row = table.AsSpan(i * SegmentSize, SegmentSize);
            segments[i] = new(U32(row, 0), U32(row, 4), U32(row, 8), U32(row, 16), U32(row, 20), U32(row, 24), U32(row, 28));
        }
        if (!Check(segments)) return Errno.ENOEXEC;
        error = ReadInterpreter(file, segments, out string? interpreter);
        if (error != Errno.None) return error;
        elf = new()
        {
            IsPositionIndependent = type == Shared,
            Entry = U32(header, 24),
            HeadersOffset = U32(header, 28),
            Segments = segments,
            Loads = LoadsOf(segments),
            InterpreterPath = interpreter,
        };
        reason = "";
        return Errno.None;
    }

    static int StackAt(ElfSegment[] segments)
    {
        for (int i = 0; i < segments.Length; i++)
            if (segments[i].Type == ElfSegment.GnuStack) return i;
        return -1;
    }

    static ElfSegment[] LoadsOf(ElfSegment[] segments)
    {
        int count = 0;
        foreach (var s in segments)
            if (s.Type == ElfSegment.Load) count++;
        var loads = new ElfSegment[count];
        foreach (var s in segments)
            if (s.Type == ElfSegment.Load) loads[^count--] = s;
        return loads;
    }

    static bool Check(ElfSegment[] segments)
    {
        bool any = false;
        uint last = 0;
        foreach (var s in segments)
        {
            if (s.Type != ElfSegment.Load) continue;
            if (s.FileSize > s.MemorySize || s.Address + (ulong)s.MemorySize > 0xC0000000) return false;
            if (((s.Address ^ s.Offset) & 0xFFF) != 0 || s.Offset + (ulong)s.FileSize > uint.MaxValue) return false;
            if (any && s.Address < last) return false;
            last = s.Address + s.MemorySize;
            any = true;
        }
        return any;
    }

    static Errno ReadInterpreter(OpenFile file, ElfSegment[] segments, out string? path)
    {
        path = null;
        foreach (var s in segments)
        {
            if (s.Type != ElfSegment.Interpreter) continue;
            if (s.FileSize is < 2 or > LongestInterpreter) return Errno.ENOEXEC;
            var bytes = new byte[s.FileSize];
            var error = ReadExactly(file, s.Offset, bytes);
            if (error != Errno.None) return error;
            if (bytes[^1] != 0) return Errno.ENOEXEC;
            path = GuestText.FromBytes(bytes.AsSpan(0, Array.IndexOf(bytes, (byte)0)));
            return Errno.None;
        }
        return Errno.None;
    }

    static Errno ReadExactly(OpenFile file, long position, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var result = file.ReadAt(position, to);
            if (result.WouldBlock) return Errno.EACCES;
            if (result.IsError) return result.Errno;
            if (result.Value == 0) return Errno.ENOEXEC;
            to = to[(int)result.Value..];
            position += result.Value;
        }
        return Errno.None;
    }

    static string MachineName(ushort machine) => machine switch
    {
        2 => "SPARC",
        3 => "i386",
        4 => "m68k",
        7 => "i860",
        8 => "MIPS",
        15 => "PA-RISC",
        20 => "PowerPC",
        21 => "PowerPC64",
        22 => "S/390",
        40 => "ARM",
        42 => "SuperH",
        43 => "SPARC V9",
        50 => "IA-64",
        62 => "x86-64",
        183 => "AArch64",
        243 => "RISC-V",
        258 => "LoongArch",
        _ => $"machine type {machine}",
    };

    static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
