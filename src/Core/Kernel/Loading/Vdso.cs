using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>The vdso: one page at a fixed address, a shared object of its own making with the entry points that a C library looks for.</summary>
/// <remarks>A private anonymous region whose page is present, so that a checkpoint carries it as memory like any other.</remarks>
public static class Vdso
{
    /// <summary>Where it is, in every program: just above the area for mmap.</summary>
    public const uint Address = 0xB7FFE000;

    /// <summary>Bytes.</summary>
    public const uint Size = 4096;

    const uint CodeOffset = 0x400;

    /// <summary>__kernel_vsyscall: what AT_SYSINFO tells.</summary>
    public const uint SystemCall = Address + CodeOffset;

    /// <summary>Where SYSENTER returns to: behind the INT 80h that runs a restarted call again.</summary>
    public const uint Landing = SystemCall + 9;

    /// <summary>__kernel_sigreturn.</summary>
    public const uint SignalReturn = Address + CodeOffset + 0x20;

    /// <summary>__kernel_rt_sigreturn.</summary>
    public const uint InfoSignalReturn = Address + CodeOffset + 0x30;

    static readonly (string Name, uint Address, byte[] Code)[] Functions =
    [
        // push ecx; push edx; push ebp; mov ebp, esp; sysenter; int 80h; landing: pop ebp; pop edx; pop ecx; ret
        ("__kernel_vsyscall", SystemCall, [0x51, 0x52, 0x55, 0x89, 0xE5, 0x0F, 0x34, 0xCD, 0x80, 0x5D, 0x5A, 0x59, 0xC3]),
        // pop eax; mov eax, 119; int 80h
        ("__kernel_sigreturn", SignalReturn, [0x58, 0xB8, 0x77, 0, 0, 0, 0xCD, 0x80]),
        // mov eax, 173; int 80h
        ("__kernel_rt_sigreturn", InfoSignalReturn, [0xB8, 0xAD, 0, 0, 0, 0xCD, 0x80]),
    ];

    /// <summary>Where "mov ebp, esp; sysenter" lies.</summary>
    const int FastEntry = (int)CodeOffset + 3, FastEntryLength = 4;
    const byte Nop = 0x90;

    static readonly byte[] Image = Build(hasFastEntry: true), SlowImage = Build(hasFastEntry: false);

    /// <summary>The page's bytes. Without SYSENTER, NOPs stand in its place, in front of the INT 80h, so that all addresses are the same.</summary>
    public static ReadOnlySpan<byte> BytesFor(CpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Has(CpuFeatures.Sep) ? Image : SlowImage;
    }

    /// <summary>The entry points: where each is and how long.</summary>
    public static IEnumerable<(string Name, uint Address, int Length)> EntryPoints => Functions.Select(static function => (function.Name, function.Address, function.Code.Length));

    /// <summary>Maps it.</summary>
    public static Errno Map(AddressSpace memory, CpuModel model)
    {
        var error = memory.Map(Address, Size, VmFlags.Read | VmFlags.Exec | VmFlags.May, isFixed: true, null, 0, out _, "[vdso]");
        if (error != Errno.None) return error;
        return memory.Poke(Address, BytesFor(model)) ? Errno.None : Errno.ENOMEM;
    }

    static byte[] Build(bool hasFastEntry)
    {
        const int headers = 52, dynamic = 0xA0, hash = 0x100, symbols = 0x140, names = 0x1C0;
        var page = new byte[Size];
        int count = Functions.Length + 1;

        // ELF header: ET_DYN for EM_386, two program headers.
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1]).CopyTo(page);
        Half(page, 16, 3);
        Half(page, 18, 3);
        Word(page, 20, 1);
        Word(page, 24, CodeOffset);
        Word(page, 28, headers);
        Half(page, 40, 52);
        Half(page, 42, 32);
        Half(page, 44, 2);
        Half(page, 46, 40);
        Words(page, headers, [1, 0, 0, 0, CodeOffset + 0x40, CodeOffset + 0x40, 5, 4096]);
        Words(page, headers + 32, [2, dynamic, dynamic, dynamic, 7 * 8, 7 * 8, 4, 4]);

        int end = names + 1;
        int Name(string name)
        {
            int at = end - names;
            end += Encoding.ASCII.GetBytes(name, page.AsSpan(end)) + 1;
            return at;
        }

        int soname = Name("linux-gate.so.1");
        // DT_SONAME, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_NULL.
        for (int i = 1; i < count; i++)
        {
            var function = Functions[i - 1];
            Words(page, symbols + i * 16, [(uint)Name(function.Name), function.Address - Address, (uint)function.Code.Length]);
            page[symbols + i * 16 + 12] = 0x12;
            Half(page, symbols + i * 16 + 14, 1);
            function.Code.CopyTo(page, function.Address - Address);
        }
        Words(page, dynamic, [14, (uint)soname, 4, hash, 5, names, 6, symbols, 10, (uint)(end - names), 11, 16, 0, 0]);

        if (!hasFastEntry) page.AsSpan(FastEntry, FastEntryLength).Fill(Nop);

        // One hash bucket that chains all symbols.
        Words(page, hash, [1, (uint)count, 1, 0]);
        for (int i = 1; i < count; i++) Word(page, hash + 12 + i * 4, i + 1 < count ? (uint)(i + 1) : 0);
        return page;
    }

    static void Half(byte[] page, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(at), value);

    static void Word(byte[] page, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(at), value);

    static void Words(byte[] page, int at, ReadOnlySpan<uint> values)
    {
        for (int i = 0; i < values.Length; i++) Word(page, at + i * 4, values[i]);
    }
}
