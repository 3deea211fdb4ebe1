using System.Globalization;
using CheckpointRestart.Core.Tests.Vectors;
using FsCheck;
using FsCheck.Fluent;
using Iced.Intel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Sequences;

/// <summary>Random sequences of twenty instructions have one meaning: whole, in pieces, with registers restored between any two of them, and on the real processor where there is one.</summary>
/// <remarks>CR_TEST_LONG=1 makes many more; CR_SEQUENCES says how many.</remarks>
public class SequenceTests(ITestOutputHelper output)
{
    const int Usual = 4000, Long = 200_000;

    static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("CR_SEQUENCES") ?? "0", CultureInfo.InvariantCulture) is > 0 and var wanted ? wanted
        : Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? Long : Usual;

    [Fact]
    public void ASequenceHasOneMeaning()
    {
        using var oracle = Oracle.TryStart(out var started) ? started : null;
        var trust = oracle == null || oracle.IsOfOurMaker ? Trust.Whole : oracle.IsReal ? Trust.Defined : Trust.Integer;
        var codes = Run(oracle, trust, Count);
        if (Count < Usual || trust == Trust.Integer) return;
        var all = SequenceForms.All.Select(form => form.Code).Distinct().ToArray();
        var unused = all.Where(code => !codes.Contains(code)).ToArray();
        Assert.True(unused.Length <= all.Length / 50, "never done: " + string.Join(' ', unused));
    }

    /// <summary>The lesser ways to compare hold where they are not needed, so that they do not fail where they are. With qemu-i386, whose versions differ, only when asked for.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false, Explicit = true)]
    public void AnyOtherProcessorAgreesAsFarAsItIsTrusted(bool real)
    {
        using var oracle = Oracle.TryStart(real, out var started) ? started : null;
        Run(oracle, real ? Trust.Defined : Trust.Integer, Count / 4);
    }

    /// <summary>Checks so many sequences.</summary>
    /// <returns>The codes that were done in them.</returns>
    Dictionary<Code, int>.KeyCollection Run(Oracle? oracle, Trust trust, int count)
    {
        using var builder = new SequenceBuilder(trust);
        using var check = new SequenceCheck(oracle == null ? null : made => oracle.Run([made])[0], trust);
        Prop.ForAll(Sequences(builder), check.Verify).Check(Repeatable.Config.WithMaxTest(count));
        string other = oracle == null ? "no other processor" : oracle.IsReal ? "the real processor" : "qemu-i386";
        output.WriteLine($"{check.Compared.Sequences} sequences, {check.Compared.Steps} steps, {check.Compared.Faults} ended in a fault; compared with {other} ({trust})");
        Assert.True(check.Useless <= count / 100, $"{check.Useless} of {count} sequences are of no use");
        Assert.True(check.Compared.Steps > 14L * check.Compared.Sequences, $"{check.Compared.Sequences} sequences have {check.Compared.Steps} steps");
        Assert.InRange(check.Compared.Faults, count / 100, count / 4);
        return check.Codes.Keys;
    }

    /// <summary>A processor that takes one instruction for another is found out, and the sequence is cut down to that instruction.</summary>
    [Theory]
    [InlineData(Mnemonic.Bswap)]
    [InlineData(Mnemonic.Sbb)]
    [InlineData(Mnemonic.Pmaddwd)]
    [InlineData(Mnemonic.Fxch)]
    public void AWrongInstructionIsAllThatIsLeft(Mnemonic mnemonic)
    {
        using var builder = new SequenceBuilder(Trust.Whole);
        using var runner = new SequenceRunner(Trust.Whole);
        using var check = new SequenceCheck(made =>
        {
            runner.Run(made, [], restored: false, out var outcome);
            var decoder = Iced.Intel.Decoder.Create(32, ((ReadOnlySpan<byte>)made.Code)[..(int)made.Length].ToArray(), made.Eip);
            if (decoder.Any(instruction => instruction.Mnemonic == mnemonic)) outcome.Data[100] ^= 4;
            return outcome;
        }, Trust.Whole);
        var failure = Assert.ThrowsAny<Exception>(() => Prop.ForAll(Sequences(builder), check.Verify).Check(Repeatable.Config.WithMaxTest(Usual)));
        string shrunk = failure.Message[failure.Message.IndexOf("Shrunk", StringComparison.Ordinal)..];
        Assert.Contains($"step 1 does something else: {mnemonic.ToString().ToLowerInvariant()}", shrunk, StringComparison.Ordinal);
        Assert.Contains("data + 64: ", shrunk, StringComparison.Ordinal);
        Assert.DoesNotContain("   2  08048", shrunk, StringComparison.Ordinal);
    }

    static Arbitrary<Sequence> Sequences(SequenceBuilder builder) => Arb.From(
        from high in Gen.Choose(0, int.MaxValue - 1)
        from low in Gen.Choose(0, int.MaxValue - 1)
        from length in Gen.Frequency((3, Gen.Constant(Sequence.MostSteps)), (1, Gen.Choose(1, Sequence.MostSteps)))
        select builder.Build(((ulong)high << 32) | (uint)low, length), SequenceShrinker.Shrink);
}
