using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Tests.Cpu;
using CheckpointRestart.Core.Tests.Cpu.Engines;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>What is run alone, because it holds all threads up all the time.</summary>
[CollectionDefinition(nameof(StressAlone), DisableParallelization = true)]
public sealed class StressAlone;

/// <summary>Translated code, page faults of guests, collections and exceptions of the host at the same time.</summary>
/// <remarks>CR_TEST_LONG=1 makes it ten seconds, CR_STRESS_SECONDS as many as it says.</remarks>
[Collection(nameof(StressAlone))]
public sealed class EngineStressTests(ITestOutputHelper output)
{
    static readonly TimeSpan Time = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("CR_STRESS_SECONDS"), out int seconds) ? seconds : Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 10 : 1);

    [Fact]
    public void Faults_stand_collections_and_exceptions()
    {
        if (Processor.TranslationRefusal != null) return;
        var engines = Translated.Engines;
        using var stop = new CancellationTokenSource();
        var builder = new RandomProgramBuilder();
        // Integer code, x87 and vectors, and some that changes itself.
        var programs = Enumerable.Range(0, 12).Select(i => builder.Build((ulong)i + 77)).Select(static program => (program, code: program.Encode())).ToArray();
        string[] expected = [.. programs.Select(static pair => End(pair.program, pair.code, CpuEngine.Interpreter))];
        long faults = 0, runs = 0, collections = GC.CollectionCount(0), thrown = 0;
        var noise = new Thread(() =>
        {
            var kept = new List<byte[]>();
            while (!stop.IsCancellationRequested)
            {
                kept.Add(new byte[4096]);
                if (kept.Count > 400) kept.Clear();
                if (kept.Count % 50 == 0) GC.Collect(kept.Count % 200 == 0 ? 2 : 0, GCCollectionMode.Forced, blocking: true);
                try
                {
                    if (kept.Count % 2 == 0) throw new InvalidOperationException("noise");
                    object? nothing = null;
                    _ = nothing!.GetHashCode();
                }
                catch (Exception e) when (e is InvalidOperationException or NullReferenceException)
                {
                    thrown++;
                }
            }
        });
        noise.Start();
        string wrong = "";
        var guests = Enumerable.Range(0, 2).Select(number => new Thread(() =>
        {
            for (int i = number; !stop.IsCancellationRequested; i++)
            {
                int chosen = i % programs.Length;
                var engine = engines[i % engines.Length];
                if (End(programs[chosen].program, programs[chosen].code, engine) is var end && end != expected[chosen]) wrong = $"program {chosen}:\n{expected[chosen]}\n{end}";
                Interlocked.Increment(ref runs);
                Interlocked.Add(ref faults, Toucher(engine));
            }
        })).ToArray();
        foreach (var guest in guests) guest.Start();
        Thread.Sleep(Time);
        stop.Cancel();
        foreach (var thread in guests.Append(noise)) thread.Join();
        output.WriteLine($"{runs} programs, {faults} page faults, {GC.CollectionCount(0) - collections} collections, {thrown} exceptions");
        Assert.Equal("", wrong);
        Assert.True(faults > 0 && thrown > 0 && GC.CollectionCount(0) > collections);
    }

    static string End(RandomProgram program, byte[] code, CpuEngine engine)
    {
        using var cpu = new EngineCpu(program, code, engine, translateAfter: 2);
        while (!cpu.HasEnded && cpu.Retired < 20_000)
        {
            cpu.Run(20_000 - cpu.Retired);
            cpu.Recover();
        }
        return cpu.State();
    }

    /// <summary>A hot loop that reads what is not there, again and again.</summary>
    static long Toucher(CpuEngine engine)
    {
        using var cpu = new TestCpu(new Processor { Engine = engine, TranslateAfter = 2 }, TestCpu.Assemble(static a =>
        {
            var again = a.CreateLabel();
            a.Label(ref again);
            a.mov(Iced.Intel.AssemblerRegisters.eax, Iced.Intel.AssemblerRegisters.__dword_ptr[Iced.Intel.AssemblerRegisters.ebx]);
            a.add(Iced.Intel.AssemblerRegisters.ecx, Iced.Intel.AssemblerRegisters.eax);
            a.jmp(again);
        }));
        cpu.Registers.Ebx = TestCpu.Data;
        cpu.Run(1000);
        for (int i = 0; i < 200; i++)
        {
            cpu.Registers.Ebx = 0x2000_0000 + (uint)i * 0x1000;
            var trap = cpu.Run(1000);
            Assert.Equal((TrapKind.Exception, (byte)14, cpu.Registers.Ebx), (trap.Kind, trap.Vector, trap.Address));
            cpu.Registers.Eip = TestCpu.Code;
        }
        return 200;
    }
}
