using System.Globalization;
using System.Runtime.InteropServices;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
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
        for (int i = 0; i < 8; i++) yield return ($"st{i}", RegisterBytes.ToHexadecimal(area.AsSpan(32 + 16 * i, 10)), RegisterBytes.ToDouble(area.AsSpan(32 + 16 * i, 10)).ToString("g6", CultureInfo.InvariantCulture));
        for (int i = 0; i < 8; i++) yield return ($"xmm{i}", RegisterBytes.ToHexadecimal(area.AsSpan(160 + 16 * i, 16)), "");
    }

    /// <summary>What a selector names: a flat segment, or one of the task's own with its base.</summary>
    static string Segment(CheckpointImage image, ushort selector)
    {
        var descriptor = image.DescriptorOf(selector);
        return descriptor.IsEmpty ? "null" : descriptor is { Base: 0, Limit: uint.MaxValue } ? "flat" : $"base {Hex(descriptor.Base, 8)}";
    }

    static string Hex(uint value, int digits) => value.ToString($"x{digits}", CultureInfo.InvariantCulture);
}
