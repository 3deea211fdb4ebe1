namespace CheckpointRestart.Core.Cpu;

/// <content>The models, from the smallest up. Each has the signature and the caches of a processor with that set of features.</content>
public sealed partial class CpuModel
{
    const CpuFeatures Pentium = CpuFeatures.Fpu | CpuFeatures.Tsc | CpuFeatures.Cx8;
    const CpuFeatures PentiumII = Pentium | CpuFeatures.Sep | CpuFeatures.Cmov | CpuFeatures.Hints | CpuFeatures.Mmx | CpuFeatures.Fxsr;
    const CpuFeatures Northwood = PentiumII | CpuFeatures.Clflush | CpuFeatures.Sse | CpuFeatures.Sse2;
    const CpuFeatures Silvermont = Northwood | CpuFeatures.Sse3 | CpuFeatures.Pclmulqdq | CpuFeatures.Ssse3 | CpuFeatures.Sse41 | CpuFeatures.Sse42 | CpuFeatures.Movbe
        | CpuFeatures.Popcnt | CpuFeatures.Aes | CpuFeatures.Lahf | CpuFeatures.PrefetchW | CpuFeatures.NoExecute | CpuFeatures.Rdtscp;

    /// <summary>A Pentium (P54C): no CMOV, MMX, SYSENTER or FXSAVE, and no NOP with an operand.</summary>
    public static CpuModel I586 { get; } = new()
    {
        Name = "i586",
        Brand = "Pentium 75 - 200",
        Features = Pentium,
        Signature = 0x52C,
        HighestBasic = 1,
    };

    /// <summary>A Pentium II: what compilers mean by i686, with MMX.</summary>
    public static CpuModel I686 { get; } = new()
    {
        Name = "i686",
        Brand = "Pentium II (Deschutes)",
        Features = PentiumII,
        Signature = 0x652,
        CacheSize = 512,
        HighestBasic = 2,
        Descriptors = new(0x03020101, 0, 0, 0x0C040843),
    };

    /// <summary>A Pentium 4 (Northwood): SSE2.</summary>
    public static CpuModel Pentium4 { get; } = new()
    {
        Name = "pentium4",
        Brand = "CheckpointRestart virtual pentium4",
        Features = Northwood,
        Signature = 0xF29,
        CacheSize = 512,
        LineSize = 64,
        HighestBasic = 2,
        HighestExtended = Extended + 4,
        Descriptors = new(0x665B5001, 0, 0, 0x007B7040),
    };

    /// <summary>Everything that works. Its features are those of a Silvermont, which has SSE4.2, AES and MOVBE, but no AVX.</summary>
    public static CpuModel Maximum { get; } = new()
    {
        Name = "max",
        Brand = "CheckpointRestart virtual i686",
        Features = Silvermont,
        Signature = 0x406D8,
        CacheSize = 1024,
        LineSize = 64,
        HighestBasic = 7,
        HighestExtended = Extended + 8,
        // FFh: see leaf 4.
        Descriptors = new(0x0000FF01, 0, 0, 0),
        Caches = [Cache(Data, 1, ways: 6, sets: 64), Cache(Code, 1, ways: 8, sets: 64), Cache(Unified, 2, ways: 16, sets: 1024)],
    };

    /// <summary>All models, the smallest first.</summary>
    public static IReadOnlyList<CpuModel> All { get; } = [I586, I686, Pentium4, Maximum];

    /// <summary>The model of a name, or null.</summary>
    public static CpuModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.OrdinalIgnoreCase));

    const uint Data = 1, Code = 2, Unified = 3;

    /// <summary>A self-initialising cache of one core, with lines of 64 bytes.</summary>
    static CpuidLeaf Cache(uint kind, uint level, uint ways, uint sets) => new(1 << 8 | level << 5 | kind, (ways - 1) << 22 | 63, sets - 1, 0);
}
