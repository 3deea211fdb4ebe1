using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>The engines that translate, as far as this host has them.</summary>
internal static class Translated
{
    internal static CpuEngine[] Engines => Processor.TranslationRefusal != null ? [] : Processor.WindowRefusal != null ? [CpuEngine.Tables] : [CpuEngine.Tables, CpuEngine.Window];

    /// <summary>These, and the interpreter first.</summary>
    internal static CpuEngine[] All => [CpuEngine.Interpreter, .. Engines];
}
