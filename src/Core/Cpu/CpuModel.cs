using System.Text;

namespace CheckpointRestart.Core.Cpu;

/// <summary>The four registers that CPUID leaves.</summary>
public readonly record struct CpuidLeaf(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>A processor: what it can do, and what CPUID tells of it (Intel SDM 2A, CPUID). An instruction that needs a feature which the model
/// lacks raises #UD; all models let user mode change EFLAGS.AC and EFLAGS.ID, as every processor with CPUID does.</summary>
public sealed partial class CpuModel
{
    const uint Extended = 0x80000000, BrandFirst = Extended + 2, BrandLast = Extended + 4;

    CpuModel()
    {
    }

    /// <summary>The name by which it is chosen.</summary>
    public required string Name { get; init; }

    /// <summary>The brand, up to 47 characters; for one without brand string in CPUID, the name that Linux has for its signature.</summary>
    public required string Brand { get; init; }

    public required CpuFeatures Features { get; init; }

    /// <summary>CPUID leaf 1, EAX: extended model, family, model, stepping.</summary>
    public required uint Signature { get; init; }

    /// <summary>CPUID leaf 0, EBX, EDX and ECX.</summary>
    public string Vendor { get; } = "GenuineIntel";

    /// <summary>KiB of the second level cache; 0 for none.</summary>
    public int CacheSize { get; private init; }

    /// <summary>Bytes that CLFLUSH acts on.</summary>
    public int LineSize { get; private init; } = 32;

    /// <summary>The highest leaf of the basic range, and of the one from 80000000h on; 0 for none.</summary>
    internal uint HighestBasic { get; private init; }

    internal uint HighestExtended { get; private init; }

    /// <summary>Leaf 2: descriptors of caches and TLBs.</summary>
    CpuidLeaf Descriptors { get; init; }

    /// <summary>Leaf 4, a cache a subleaf.</summary>
    CpuidLeaf[] Caches { get; init; } = [];

    /// <summary>5, 6 or 15.</summary>
    public int Family => (int)(Signature >> 8 & 15);

    /// <summary>Model number, with the extended one.</summary>
    public int Number => (int)(Signature >> 4 & 15 | Signature >> 12 & 0xF0);

    public int Stepping => (int)(Signature & 15);

    /// <summary>CPUID leaf 1, EDX: also AT_HWCAP.</summary>
    public uint FeaturesEdx => FeatureTable.Bits(Features, FeatureTable.Word.Edx1);

    /// <summary>The flags of /proc/cpuinfo.</summary>
    public IEnumerable<string> FlagNames => FeatureTable.Names(Features);

    /// <summary>What uname(2) and AT_PLATFORM say: i586 or i686 (Linux: arch/x86/kernel/cpu/common.c).</summary>
    public string MachineName => $"i{Math.Min(Family, 6)}86";

    public bool Has(CpuFeatures features) => (Features & features) == features;

    /// <summary>The registers that CPUID leaves. A leaf above the highest reads as the highest basic one.</summary>
    public CpuidLeaf Identify(uint leaf, uint subleaf)
    {
        if (leaf >= Extended && leaf <= HighestExtended) return IdentifyExtended(leaf);
        return Math.Min(leaf, HighestBasic) switch
        {
            0 => new(HighestBasic, Text(Vendor, 0), Text(Vendor, 8), Text(Vendor, 4)),
            // One logical processor; EBX's line size counts in 8 bytes.
            1 => new(Signature, Has(CpuFeatures.Clflush) ? (uint)LineSize / 8 << 8 | 1 << 16 : 0, FeatureTable.Bits(Features, FeatureTable.Word.Ecx1), FeaturesEdx),
            2 => Descriptors,
            4 => subleaf < Caches.Length ? Caches[subleaf] : default,
            _ => default,
        };
    }

    CpuidLeaf IdentifyExtended(uint leaf) => leaf switch
    {
        Extended => new(HighestExtended, 0, 0, 0),
        Extended + 1 => new(0, 0, FeatureTable.Bits(Features, FeatureTable.Word.ExtendedEcx), FeatureTable.Bits(Features, FeatureTable.Word.ExtendedEdx)),
        >= BrandFirst and <= BrandLast => BrandPart((int)(leaf - BrandFirst) * 16),
        // 16 ways.
        Extended + 6 => new(0, 0, (uint)CacheSize << 16 | 8 << 12 | (uint)LineSize, 0),
        // Bits of an address: physical, linear.
        Extended + 8 => new(32 << 8 | 32, 0, 0, 0),
        _ => default,
    };

    CpuidLeaf BrandPart(int at) => new(Text(Brand, at), Text(Brand, at + 4), Text(Brand, at + 8), Text(Brand, at + 12));

    static uint Text(string text, int at)
    {
        Span<byte> bytes = stackalloc byte[64];
        Encoding.ASCII.GetBytes(text, bytes);
        return BitConverter.ToUInt32(bytes[at..]);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
