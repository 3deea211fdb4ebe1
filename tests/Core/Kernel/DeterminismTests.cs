using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Under a virtual clock a run is a function of program, input and seed, whatever the host does meanwhile.</summary>
public sealed class DeterminismTests
{
    public static TheoryData<string, string[]> Programs => new()
    {
        { "counter", ["50", "3000"] },
        { "fpu", ["40"] },
        { "waiter", [] },
        { "sleeper", ["5", "10"] },
        { "sig", [] },
        { "twothreads", ["exit"] },
        { "vforker", ["exit"] },
    };

    static (string Text, ulong Instructions, int Exit, long Time) Run(string guest, string[] arguments, Action<Machine, CheckpointRestart.Core.Kernel.Task> disturb)
    {
        using var machine = new Machine(GuestRun.OptionsFor(guest, seed: 7));
        machine.EndInput();
        var task = machine.Start(new ProgramOptions { Arguments = arguments, Suspended = true });
        disturb(machine, task);
        machine.Thaw(task);
        var run = GuestRun.Finish(machine, task);
        Assert.True(run.HasExited, run.Where);
        return (run.Text, run.Instructions, run.ExitCode, machine.Execute(m => m.Clock.Now));
    }

    [Theory, MemberData(nameof(Programs))]
    public void Twice_the_same(string guest, string[] arguments) =>
        Assert.Equal(Run(guest, arguments, (_, _) => { }), Run(guest, arguments, (_, _) => { }));

    [Theory, MemberData(nameof(Programs))]
    public void In_pieces_the_same(string guest, string[] arguments)
    {
        var whole = Run(guest, arguments, (_, _) => { });
        var random = new Random(1);
        for (int round = 0; round < 3; round++)
        {
            ulong[] stops = [.. Enumerable.Range(0, 12).Select(_ => (ulong)random.NextInt64((long)whole.Instructions)).Order()];
            var pieces = Run(guest, arguments, (machine, task) =>
            {
                foreach (ulong stop in stops) machine.RunTo(stop, task, TimeSpan.FromSeconds(20));
            });
            Assert.Equal(whole, pieces);
        }
    }

    [Theory, MemberData(nameof(Programs))]
    public void Commands_in_between_change_nothing(string guest, string[] arguments)
    {
        var quiet = Run(guest, arguments, (_, _) => { });
        using var stop = new CancellationTokenSource();
        Thread? noise = null;
        try
        {
            var disturbed = Run(guest, arguments, (machine, _) =>
            {
                noise = new Thread(() =>
                {
                    var random = new Random(2);
                    try
                    {
                        while (!stop.IsCancellationRequested)
                        {
                            machine.Execute(m => m.RetiredInstructions);
                            if (random.Next(4) != 0) continue;
                            machine.Freeze();
                            machine.Thaw();
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                    }
                });
                noise.Start();
            });
            Assert.Equal(quiet, disturbed);
        }
        finally
        {
            stop.Cancel();
            noise?.Join();
        }
    }

    [Fact]
    public void The_seed_decides_the_random_bytes()
    {
        var first = new byte[64];
        var second = new byte[64];
        new DeterministicRandom(1).Fill(first);
        new DeterministicRandom(1).Fill(second);
        Assert.Equal(first, second);
        new DeterministicRandom(2).Fill(second);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_virtual_clock_jumps_over_sleep()
    {
        long before = Environment.TickCount64;
        using var machine = new Machine(GuestRun.OptionsFor("sleeper"));
        machine.EndInput();
        var run = GuestRun.Finish(machine, machine.Start(new ProgramOptions { Arguments = ["1000", "1000"] }));
        Assert.True(run.HasExited, run.Where);
        // A thousand seconds of sleep, in a moment.
        Assert.InRange(Environment.TickCount64 - before, 0, 60_000);
        Assert.True(machine.Clock.Skipped > 999_000_000_000, $"skipped {machine.Clock.Skipped} ns");
    }
}
