using System.Globalization;
using System.Runtime.CompilerServices;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.Core.Tests.Cpu;

/// <summary>Runs every test of the assembly under one engine, or with translation after so many executions: CR_TEST_ENGINE, CR_TEST_TRANSLATE_AFTER,
/// CR_TEST_WINDOW_AFTER (instructions).</summary>
static class EngineDefaults
{
#pragma warning disable CA2255 // The defaults must stand before the first test.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Set()
    {
        if (Environment.GetEnvironmentVariable("CR_TEST_ENGINE") is { Length: > 0 } engine) Processor.DefaultEngine = Enum.Parse<CpuEngine>(engine, ignoreCase: true);
        if (Environment.GetEnvironmentVariable("CR_TEST_WINDOW_AFTER") is { Length: > 0 } instructions) Processor.DefaultWindowAfter = ulong.Parse(instructions, CultureInfo.InvariantCulture);
        if (Environment.GetEnvironmentVariable("CR_TEST_TRANSLATE_AFTER") is { Length: > 0 } count) Processor.DefaultTranslateAfter = int.Parse(count, CultureInfo.InvariantCulture);
    }
}
