namespace CheckpointRestart.Core.Cpu;

/// <summary>What one processor has and another has not; an 80486 with CPUID is there always.</summary>
[Flags]
public enum CpuFeatures : uint
{
    None = 0,
    /// <summary>x87.</summary>
    Fpu = 1 << 0,
    /// <summary>RDTSC.</summary>
    Tsc = 1 << 1,
    /// <summary>CMPXCHG8B.</summary>
    Cx8 = 1 << 2,
    /// <summary>SYSENTER.</summary>
    Sep = 1 << 3,
    /// <summary>CMOVcc; with <see cref="Fpu"/> FCMOVcc and FCOMI.</summary>
    Cmov = 1 << 4,
    /// <summary>CLFLUSH.</summary>
    Clflush = 1 << 5,
    Mmx = 1 << 6,
    /// <summary>FXSAVE and FXRSTOR.</summary>
    Fxsr = 1 << 7,
    Sse = 1 << 8,
    Sse2 = 1 << 9,
    Sse3 = 1 << 10,
    Pclmulqdq = 1 << 11,
    Ssse3 = 1 << 12,
    Sse41 = 1 << 13,
    Sse42 = 1 << 14,
    Movbe = 1 << 15,
    Popcnt = 1 << 16,
    Aes = 1 << 17,
    /// <summary>LAHF and SAHF, which every processor has in 32-bit mode: CPUID's bit is for 64-bit mode, and is told by those that came after it.</summary>
    Lahf = 1 << 18,
    /// <summary>0F 0Dh: PREFETCHW and its kin.</summary>
    PrefetchW = 1 << 19,
    /// <summary>Pages that may be read but not executed.</summary>
    NoExecute = 1 << 20,
    Rdtscp = 1 << 21,
    /// <summary>0F 18h to 0F 1Fh do nothing unless they mean something, as NOP with an operand, PREFETCHh and ENDBR32. CPUID has no bit for it.</summary>
    Hints = 1 << 22,
    /// <summary>What no model has.</summary>
    Absent = 1u << 31,
}
