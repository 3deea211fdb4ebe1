using System.Globalization;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Vectors;
using Xunit;

namespace CheckpointRestart.Core.Tests.Cpu.Engines;

/// <summary>Random programs come to the same state under each engine, at each place where a budget ends and at each trap.</summary>
/// <remarks>CR_TEST_LONG=1 makes many more; CR_PROGRAMS says how many, CR_PROGRAM_SEED from which one on.</remarks>
public class EngineProgramTests(ITestOutputHelper output)
{
    const int Usual = 300, Long = 4000;
    const ulong MostRetired = 8000;

    static readonly int Count = Number("CR_PROGRAMS") is > 0 and var wanted ? wanted : Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? Long : Usual;

    static readonly int First = Number("CR_PROGRAM_SEED");

    static int Number(string name) => int.Parse(Environment.GetEnvironmentVariable(name) ?? "0", CultureInfo.InvariantCulture);

    [Fact]
    public void EveryEngineComesToTheSameState()
    {
        if (Processor.TranslationRefusal != null) return;
        var builder = new RandomProgramBuilder();
        long retired = 0, traps = 0;
        int ended = 0;
        for (int i = 0; i < Count; i++)
        {
            var program = builder.Build((ulong)(First + i));
            foreach (var engine in Translated.Engines)
            {
                string difference = Compare(program, engine, out var done);
                if (difference.Length > 0) Assert.Fail($"{engine}: {Shrink(program, engine, difference)}");
                retired += (long)done.Retired;
                traps += done.Traps;
                if (done.Ended) ended++;
            }
        }
        output.WriteLine($"{Count} programs, {retired} instructions, {traps} traps, {ended} came to their end");
        Assert.True(retired > Count * 500L, $"{retired} instructions in {Count} programs");
        Assert.True(traps > Count, $"{traps} traps");
    }

    /// <summary>What was wrong once.</summary>
    [Theory]
    [InlineData(2016)]
    [InlineData(30655)]
    public void AProgramThatWentWrong(int seed)
    {
        if (Processor.TranslationRefusal != null) return;
        foreach (var engine in Translated.Engines) Assert.Equal("", Compare(new RandomProgramBuilder().Build((ulong)seed), engine, out _));
    }

    static string Compare(RandomProgram program, CpuEngine engine, out (ulong Retired, int Traps, bool Ended) done)
    {
        byte[] code = program.Encode();
        var random = new VectorRandom(program.Seed);
        int after = random.Of<int>([1, 1, 2, 3, 8]), longest = random.Of<int>([7, 60, 900, 100_000]);
        using var reference = new EngineCpu(program, code, CpuEngine.Interpreter, 0);
        using var translated = new EngineCpu(program, code, engine, after);
        // It finds what the other one decoded and translated just before.
        using var known = random.OneIn(2) ? new EngineCpu(program, code, engine, random.Of<int>([1, 3])) : null;
        string difference = "";
        while (!reference.HasEnded && reference.Retired < MostRetired && difference.Length == 0)
        {
            ulong start = reference.Retired, budget = 1 + (ulong)random.Below(random.OneIn(6) ? 2000 : longest);
            string from = reference.State();
            reference.Run(budget);
            translated.Run(budget);
            string expected = reference.State(), given = translated.State();
            if (expected != given) difference = $"from\n{from}\nwith a budget of {budget}, translated after {after}, it shall be\n{expected}\nbut is\n{given}\n";
            difference += reference.Difference(translated);
            known?.Run(budget);
            if (known != null && difference.Length == 0 && known.State() is var third && (third != expected || reference.Difference(known).Length > 0))
                difference = $"from\n{from}\nwith a budget of {budget} and code that was translated before, it shall be\n{expected}\nbut is\n{third}\n{reference.Difference(known)}";
            if (difference.Length > 0) difference = string.Create(CultureInfo.InvariantCulture, $"between {start} and {reference.Retired}: ") + difference;
            reference.Recover();
            translated.Recover();
            known?.Recover();
        }
        done = (reference.Retired, reference.Traps, reference.HasEnded);
        return difference;
    }

    /// <summary>Leaves out what is not needed.</summary>
    static string Shrink(RandomProgram program, CpuEngine engine, string difference)
    {
        string kept = difference;
        for (int length = 32; length > 0; length = length == 1 ? 0 : length / 2)
        {
            for (int i = 0; i < program.Count; i += length)
            {
                bool[] before = [.. Enumerable.Range(i, Math.Min(length, program.Count - i)).Select(program.IsRemoved)];
                if (before.All(static removed => removed)) continue;
                program.Remove(i, length, value: true);
                if (Compare(program, engine, out _) is { Length: > 0 } still)
                {
                    kept = still;
                    continue;
                }
                for (int j = 0; j < before.Length; j++) program.Remove(i + j, 1, before[j]);
            }
        }
        return $"{program}\n{kept}";
    }
}
