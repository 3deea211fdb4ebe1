namespace CheckpointRestart.Core.Tests.Cpu.Floating;

/// <summary>The longer run of the property tests: 100,000 cases and more where a normal run takes some thousands. Asked for by CR_TEST_LONG=1.</summary>
internal static class LongRun
{
    private static readonly bool Wanted = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    internal static int Cases(int usual) => Wanted ? 100_000 : usual;
}
