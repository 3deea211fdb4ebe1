using System.Diagnostics;
using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>What many machines of one checkpoint cost: a hundred copies of one that has touched 100 MiB, before and after each has written 1 % of it. Each figure stands beside its limit.</summary>
internal static class CopyCosts
{
    const int Megabytes = 100, Count = 100;

    public static void Run(Options options)
    {
        var made = EngineChoice.Apply(new MachineOptions { Root = new() { HostProgram = Repository.TestGuest("touch") }, Clock = ClockKind.Virtual }, options.Engine);
        using var machine = MachineFactory.Create(made);
        machine.Start(new ProgramOptions { Arguments = [Megabytes.ToString(CultureInfo.InvariantCulture), "7"], Environment = GuestEnvironment.Lines });
        Answer(machine, "");
        using var checkpoint = Checkpointer.Capture(machine);
        // What the process needs once is there.
        for (int i = 0; i < 3; i++) Restorer.Restore(checkpoint, new RestoreOptions { Suspended = true }).Machine.Dispose();
        double before = MemoryCosts.Settled();
        long began = Stopwatch.GetTimestamp();
        var copies = Enumerable.Range(0, Count).Select(copy => Restorer.Restore(checkpoint, new RestoreOptions { Suspended = true, Reseed = (ulong)copy }).Machine).ToList();
        double each = Stopwatch.GetElapsedTime(began).TotalMilliseconds / Count;
        double held = MemoryCosts.Settled() - before;
        foreach (var copy in copies) Answer(copy, "1");
        double written = MemoryCosts.Settled() - before;
        Console.WriteLine($"{$"{Count} copies of {Megabytes} MiB",-34}{"here",12}{"limit",12}");
        CheckpointCosts.Print("all of them, MiB", held, Megabytes, "MiB", isMost: true);
        CheckpointCosts.Print("1 % written by each, MiB", written, Megabytes + Count * Megabytes / 100.0 * 1.5, "MiB", isMost: true);
        CheckpointCosts.Print("restored, each", each, 50, "ms", isMost: true);
        foreach (var copy in copies) copy.Dispose();
    }

    /// <summary>Gives an order and waits for the line that tells it is done.</summary>
    static void Answer(Machine machine, string order)
    {
        machine.Thaw();
        if (order.Length > 0) machine.SendInput(Encoding.ASCII.GetBytes(order));
        for (string said = ""; !said.Contains('\n', StringComparison.Ordinal);)
        {
            machine.Streams.WaitForOutput(StreamKind.Output, TimeSpan.FromSeconds(1), default);
            said += Encoding.ASCII.GetString(machine.Streams.TakeAll(StreamKind.Output));
        }
        machine.Freeze();
    }
}
