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

    static readonly VdsoFunction[] Functions =
    [
        // push ecx; push edx; push ebp; mov ebp, esp; sysenter; int 80h; landing: pop ebp; pop edx; pop ecx; ret
        new("__kernel_vsyscall", SystemCall, VdsoElf.Linux25, [0x51, 0x52, 0x55, 0x89, 0xE5, 0x0F, 0x34, 0xCD, 0x80, 0x5D, 0x5A, 0x59, 0xC3],
            // Each push moves the frame by 4 and saves a register; each pop gives it back.
            [0x41, 0x0E, 8, 0x81, 2, 0x41, 0x0E, 12, 0x82, 3, 0x41, 0x0E, 16, 0x85, 4, 0x47, 0x0E, 12, 0xC5, 0x41, 0x0E, 8, 0xC2, 0x41, 0x0E, 4, 0xC1]),
        new("__kernel_sigreturn", SignalReturn, VdsoElf.Linux25, [.. SignalContext.Return],
            // Over the NOP in front and the pop.
            [.. Interrupted(4), 0x42, .. Interrupted(0)], IsSignalFrame: true),
        new("__kernel_rt_sigreturn", InfoSignalReturn, VdsoElf.Linux25, [.. SignalContext.InfoReturn], [.. Interrupted(160)], IsSignalFrame: true),
        Call("__vdso_clock_gettime", 0x40, 265),
        Call("__vdso_clock_gettime64", 0x60, 403),
        Call("__vdso_gettimeofday", 0x80, 78),
        Call("__vdso_time", 0xA0, 13),
        Call("__vdso_clock_getres", 0xC0, 266),
    ];

    /// <summary>Where the registers that a signal interrupted are, when struct sigcontext is so far above ESP: what they were is in memory, and the stack pointer, too.</summary>
    static byte[] Interrupted(int context)
    {
        const byte cfaExpression = 0x0F, expression = 0x10, fromStackPointer = 0x74, dereference = 0x06;
        const byte stackPointer = 4, registers = 9;
        byte[] stack = [fromStackPointer, .. Signed(context + SignalContext.OffsetOf(stackPointer)), dereference];
        List<byte> rules = [cfaExpression, (byte)stack.Length, .. stack];
        // All but the stack pointer, by their DWARF numbers.
        for (byte register = 0; register < registers; register++)
        {
            if (register == stackPointer) continue;
            byte[] place = [fromStackPointer, .. Signed(context + SignalContext.OffsetOf(register))];
            rules.AddRange([expression, register, (byte)place.Length, .. place]);
        }
        return [.. rules];
    }

    /// <summary>SLEB128 of a number that is not negative.</summary>
    static byte[] Signed(int value) => value < 64 ? [(byte)value] : [(byte)(value & 0x7F | 0x80), (byte)(value >> 7)];

    /// <summary>A function that makes a system call with its two arguments: the clock is the kernel's alone, so that it is the same in every run.</summary>
    static VdsoFunction Call(string name, uint offset, byte low, byte high) => new(name, SystemCall + offset, VdsoElf.Linux26,
        // push ebx; mov ebx, [esp+8]; mov ecx, [esp+12]; mov eax, number; int 80h; pop ebx; ret
        [0x53, 0x8B, 0x5C, 0x24, 8, 0x8B, 0x4C, 0x24, 12, 0xB8, low, high, 0, 0, 0xCD, 0x80, 0x5B, 0xC3],
        [0x41, 0x0E, 8, 0x83, 2, 0x50, 0x0E, 4, 0xC3]);

    static VdsoFunction Call(string name, uint offset, int number) => Call(name, offset, (byte)number, (byte)(number >> 8));

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
        byte[] page = VdsoElf.Build(Functions, Address, CodeOffset, (int)Size);
        // Without SYSENTER the call goes straight on to the INT 80h.
        if (!hasFastEntry) page.AsSpan(FastEntry, FastEntryLength).Fill(Nop);
        return page;
    }
}
