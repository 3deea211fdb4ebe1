using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>The one place where -engine meets the machine's options.</summary>
internal static class EngineChoice
{
    /// <summary>What runs the guest's code in a machine of these options.</summary>
    public static MachineOptions Apply(MachineOptions options, string? engine) => engine?.ToLowerInvariant() switch
    {
        null or "auto" or "interpreter" => options,
        _ => throw new BenchException($"this build has no engine {engine}, only Interpreter"),
    };
}
