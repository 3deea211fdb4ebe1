using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>The one place where -engine meets the machine's options.</summary>
internal static class EngineChoice
{
    /// <summary>What runs the guest's code in a machine of these options.</summary>
    public static MachineOptions Apply(MachineOptions options, string? engine)
    {
        if (engine == null) return options;
        var chosen = Parse(engine);
        if (Processor.RefusalOf(chosen) is { } reason) throw new BenchException(reason);
        return options with { Engine = chosen };
    }

    /// <summary>What a name stands for; Auto for none.</summary>
    public static CpuEngine Parse(string? engine) =>
        engine == null ? CpuEngine.Auto
        : Enum.TryParse<CpuEngine>(engine, ignoreCase: true, out var chosen) ? chosen
        : throw new BenchException($"there is no engine {engine}, only {string.Join(", ", Enum.GetNames<CpuEngine>())}");
}
