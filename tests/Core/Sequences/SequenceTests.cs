using CheckpointRestart.Core.Tests.Vectors;
using FsCheck;
using FsCheck.Fluent;
using Iced.Intel;
using Xunit;
using Xunit.Sdk;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Random sequences of twenty instructions have one meaning: whole, in pieces, with registers restored between any two of them, and on the real processor where there is one.</summary>
/// <remarks>CR_TEST_LONG=1 makes many more; CR_SEQUENCES says how many.</remarks>
public class SequenceTests(ITestOutputHelper output)
{
    static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("CR_SEQUENCES") ?? (Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? "200000" : "4000"));

    static Config Times(int count) => Config.QuickThrowOnFailure.WithMaxTest(count);

    static Arbitrary<Sequence> Sequences(SequenceBuilder builder) => Arb.From(
        from high in Gen.Choose(0, int.MaxValue - 1)
        from low in Gen.Choose(0, int.MaxValue - 1)
        from length in Gen.Frequency((3, Gen.Constant(Sequence.MostSteps)), (1, Gen.Choose(1, Sequence.MostSteps)))
        select builder.Build(((ulong)high << 32) | (uint)low, length), SequenceShrinker.Shrink);

    [Fact]
    public void ASequenceHasOneMeaning()
    {
        using var oracle = Oracle.TryStart(real: true, out var real) ? real : null;
        using var builder = new SequenceBuilder();
        using var check = new SequenceCheck(oracle == null ? null : made => oracle.Run([made])[0]);
        Prop.ForAll(Sequences(builder), check.Verify).Check(Times(Count));
        output.WriteLine($"{check.Compared.Sequences} sequences, {check.Compared.Steps} steps, {check.Compared.Faults} ended in a fault; {check.Useless} were of no use; compared with {(oracle == null ? "no other processor" : "the real processor")}");
        Assert.True(check.Useless < Count / 50, $"{check.Useless} of {Count} sequences are of no use");
    }
}
