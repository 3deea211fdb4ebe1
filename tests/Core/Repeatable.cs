using FsCheck;
using FsCheck.Xunit;

namespace CheckpointRestart.Core.Tests;

/// <summary>Random tests do the same in every quick run, so that none fails by chance. CR_TEST_LONG=1 draws anew; a failure then tells its seed.</summary>
internal static class Repeatable
{
    const ulong Seed = 20261126, Gamma = 1;

    static readonly bool IsLong = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    /// <summary>Throws on failure.</summary>
    internal static Config Config { get; } = IsLong ? Config.QuickThrowOnFailure : Config.QuickThrowOnFailure.WithReplay(Seed, Gamma);

    /// <summary>For <see cref="PropertyAttribute"/>; null draws anew.</summary>
    internal static string? Replay { get; } = IsLong ? null : FormattableString.Invariant($"{Seed},{Gamma}");
}

/// <summary>A property whose cases <see cref="Repeatable"/> chooses.</summary>
[AttributeUsage(AttributeTargets.Method)]
#pragma warning disable xUnit3003 // Its base has no constructor that takes where it is.
internal sealed class RepeatablePropertyAttribute : PropertyAttribute
#pragma warning restore xUnit3003
{
    public RepeatablePropertyAttribute() => Replay = Repeatable.Replay;
}
