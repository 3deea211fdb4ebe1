using System.Globalization;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using CheckpointRestart.Core.Kernel.Syscalls;

namespace CheckpointRestart.Pictures.Html;

/// <summary>The registers of a saved task: name, what it holds in hexadecimal, and what that means.</summary>
static class RegisterWords
{
    static readonly (uint Bit, string Name)[] Flags =
    [
        (1, "carry"), (4, "parity"), (0x10, "adjust"), (0x40, "zero"), (0x80, "sign"), (0x100, "trap"), (0x400, "direction"), (0x800, "overflow"),
        (0x4000, "nested"), (0x1_0000, "resume"), (0x4_0000, "alignment"), (0x20_0000, "cpuid"),
    ];

    public static IEnumerable<(string Name, string Value, string Words)> Of(CheckpointImage image)
    {
        var cpu = image.Cpu;
        foreach (var (name, value) in ((string, ulong)[])
            [("eax", cpu.Ax), ("ebx", cpu.Bx), ("ecx", cpu.Cx), ("edx", cpu.Dx), ("esi", cpu.Si), ("edi", cpu.Di), ("ebp", cpu.Bp), ("esp", cpu.Sp), ("eip", cpu.Ip)])
        {
            yield return (name, Hex((uint)value, 8), ((int)(uint)value).ToString(CultureInfo.InvariantCulture));
        }
        yield return ("eflags", Hex((uint)cpu.Flags, 8), string.Join(" ", Flags.Where(flag => ((uint)cpu.Flags & flag.Bit) != 0).Select(static flag => flag.Name)));
        uint call = (uint)cpu.OrigAx;
        yield return ("orig_eax", Hex(call, 8), call == uint.MaxValue ? "in no system call" : SyscallTable.NameOf(call));
        foreach (var (name, value) in ((string, ulong)[])[("cs", cpu.Cs), ("ss", cpu.Ss), ("ds", cpu.Ds), ("es", cpu.Es), ("fs", cpu.Fs), ("gs", cpu.Gs)])
            yield return (name, Hex((ushort)value, 4), Segment(image, (ushort)value));
        if (cpu.UsesDebug != 0)
        {
            foreach (var (name, value) in ((string, ulong)[])[("dr0", cpu.Dr0), ("dr1", cpu.Dr1), ("dr2", cpu.Dr2), ("dr3", cpu.Dr3), ("dr6", cpu.Dr6), ("dr7", cpu.Dr7)])
                yield return (name, Hex((uint)value, 8), "");
        }
        if (cpu.UsedMath == 0 || cpu.HasFxsr == 0) yield break;
        byte[] area = [.. MemoryMarshal.AsBytes(new Span<FxSaveArea>(ref cpu.FxSave))];
        for (int i = 0; i < 8; i++) yield return ($"st{i}", Big(area.AsSpan(32 + 16 * i, 10)), Number(area.AsSpan(32 + 16 * i, 10)));
        for (int i = 0; i < 8; i++) yield return ($"xmm{i}", Big(area.AsSpan(160 + 16 * i, 16)), "");
    }

    /// <summary>What a selector names: a flat segment, or one of the task's own with its base.</summary>
    public static SegmentDescriptor DescriptorOf(CheckpointImage image, ushort selector)
    {
        int index = selector >> 3;
        if ((selector & 4) != 0) return index < image.Memory.Ldt.Count ? image.Memory.Ldt[index] : default;
        return index is >= 6 and <= 8 ? image.Thread.Tls[index - 6] : default;
    }

    static string Segment(CheckpointImage image, ushort selector)
    {
        var descriptor = DescriptorOf(image, selector);
        return descriptor.IsEmpty ? selector == 0 ? "null" : "flat" : $"base {Hex(descriptor.Base, 8)}";
    }

    static string Hex(uint value, int digits) => value.ToString($"x{digits}", CultureInfo.InvariantCulture);

    static string Big(ReadOnlySpan<byte> bytes)
    {
        var turned = bytes.ToArray();
        Array.Reverse(turned);
        return Convert.ToHexStringLower(turned);
    }

    /// <summary>The nearest double of ten bytes of the x87, as text.</summary>
    static string Number(ReadOnlySpan<byte> bytes)
    {
        ulong significand = BitConverter.ToUInt64(bytes);
        int top = BitConverter.ToUInt16(bytes[8..]), exponent = top & 0x7fff;
        double magnitude = exponent == 0x7fff ? significand << 1 == 0 ? double.PositiveInfinity : double.NaN : Math.ScaleB((double)significand, Math.Max(exponent, 1) - 16383 - 63);
        return ((top & 0x8000) != 0 ? -magnitude : magnitude).ToString("g6", CultureInfo.InvariantCulture);
    }
}
