using CheckpointRestart.Core.Cpu.Floating;

namespace CheckpointRestart.Core.Tests.Cpu.Floating;

internal static class DefaultEnvironment
{
    extension(FloatEnvironment)
    {
        /// <summary>As FNINIT leaves it: to nearest, 64 bits, everything masked.</summary>
        internal static FloatEnvironment Default => new() { Precision = 64, Masks = FloatFlags.All };
    }
}
