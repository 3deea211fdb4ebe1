namespace CheckpointRestart.Core.Cpu;

/// <summary>What CPUID tells of the processor.</summary>
public sealed class CpuModel
{
    /// <summary>Everything that works.</summary>
    public static CpuModel Maximum { get; } = new();

    /// <summary>CPUID leaf 1, EDX: FPU TSC CX8 SEP CMOV MMX FXSR SSE SSE2.</summary>
    public uint FeaturesEdx { get; init; } = 1u << 0 | 1u << 4 | 1u << 8 | 1u << 11 | 1u << 15 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26;

    /// <summary>CPUID leaf 1, ECX: MOVBE, POPCNT and what of SSE3 and later works.</summary>
    public uint FeaturesEcx { get; init; } = 1u << 22 | 1u << 23;
}
