using System.Text;

namespace CheckpointRestart.Core.Cpu;

/// <summary>What CPUID tells of the processor.</summary>
public sealed class CpuModel
{
    const string Vendor = "GenuineIntel";
    const string Brand = "CheckpointRestart i686 processor";

    /// <summary>Everything that works.</summary>
    public static CpuModel Maximum { get; } = new();

    /// <summary>CPUID leaf 1, EDX: FPU TSC CX8 SEP CMOV CLFSH MMX FXSR SSE SSE2.</summary>
    public uint FeaturesEdx { get; init; } = Bits(0, 4, 8, 11, 15, 19, 23, 24, 25, 26);

    /// <summary>CPUID leaf 1, ECX: SSE3 PCLMULQDQ SSSE3 SSE4.1 SSE4.2 MOVBE POPCNT AES.</summary>
    public uint FeaturesEcx { get; init; } = Bits(0, 1, 9, 19, 20, 22, 23, 25);

    /// <summary>CPUID leaf 80000001h, EDX: RDTSCP.</summary>
    public uint ExtendedEdx { get; init; } = Bits(27);

    /// <summary>Family 6, model 15, stepping 6.</summary>
    public uint Signature { get; init; } = 0x6F6;

    /// <summary>The registers that CPUID leaves.</summary>
    internal (uint Eax, uint Ebx, uint Ecx, uint Edx) Identify(uint leaf, uint subleaf)
    {
        _ = subleaf;
        return leaf switch
        {
            0 => (2, Text(Vendor, 0), Text(Vendor, 8), Text(Vendor, 4)),
            1 => (Signature, 8 << 8 | 1 << 16, FeaturesEcx, FeaturesEdx),
            0x80000000 => (0x80000006, 0, 0, 0),
            0x80000001 => (0, 0, 0, ExtendedEdx),
            >= 0x80000002 and <= 0x80000004 => BrandPart((int)(leaf - 0x80000002) * 16),
            // L2: 1 MiB, 8 ways, lines of 64 bytes.
            0x80000006 => (0, 0, 1024 << 16 | 6 << 12 | 64, 0),
            0x80000005 => default,
            // Leaf 2: one descriptor, 1 MiB L2 of 8 ways and 64-byte lines. Leaves above the highest read as the highest.
            _ => (1, 0, 0, 0x7C),
        };
    }

    static (uint, uint, uint, uint) BrandPart(int at) => (Text(Brand, at), Text(Brand, at + 4), Text(Brand, at + 8), Text(Brand, at + 12));

    static uint Text(string text, int at)
    {
        Span<byte> bytes = stackalloc byte[64];
        bytes.Clear();
        Encoding.ASCII.GetBytes(text, bytes);
        return BitConverter.ToUInt32(bytes[at..]);
    }

    static uint Bits(params ReadOnlySpan<int> numbers)
    {
        uint all = 0;
        foreach (int number in numbers) all |= 1u << number;
        return all;
    }
}
