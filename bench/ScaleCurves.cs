using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>Time as work grows: tasks, tasks that wait, threads, mapped memory, machines.</summary>
internal static class ScaleCurves
{
    const int MillionsOfSteps = 50;

    static readonly (string Kind, string What, int[] Counts)[] Kinds =
    [
        ("tasks", "processes that share a hundred million steps", [1, 3, 10, 30, 100, 300, 1000]),
        ("idle", "processes that wait while one does the steps", [1, 3, 10, 30, 100, 300, 1000]),
        ("threads", "threads that share the steps", [1, 3, 10, 30, 100, 300, 500]),
        ("memory", "MiB mapped, each page written to once and read twice", [1, 4, 16, 64, 256, 1024, 2048]),
    ];

    static readonly int[] Machines = [1, 2, 4, 8, 16, 32, 64];

    public static void Run(Options options)
    {
        var peers = Peer.All(options);
        string guest = Repository.BenchGuest("scale");
        foreach (var (kind, what, counts) in Kinds)
        {
            if (!options.Wants(kind)) continue;
            var table = new Table("scale-" + kind, $"Seconds of whole processes: {what}", options);
            foreach (int count in counts)
                Measure(table, options, count, peers.Select(p => (p.Name, (Func<Measured?>)(() => p.Run(guest, [kind, Text(count)])))));
            table.End(mean: false);
        }
        if (!options.Wants("machines")) return;
        var machines = new Table("scale-machines", $"Seconds: as many machines of one process, or processes of a peer, together; each does {MillionsOfSteps} million steps", options);
        foreach (int count in Machines)
        {
            var sides = new List<(string, Func<Measured?>)>();
            if (options.Here) sides.Add(("here", () => Measured.Run(Repository.Self, [.. Repository.SelfArguments, "machines", Text(count), .. options.Engine == null ? (string[])[] : ["-engine", options.Engine]])));
            string times = $"i=0; while [ $i -lt {count} ]; do PEER '{guest}' work {MillionsOfSteps} & i=$((i+1)); done; wait";
            if (options.Qemu && !OperatingSystem.IsWindows()) sides.Add(("qemu-i386", () => Measured.Run("sh", ["-c", times.Replace("PEER", "qemu-i386", StringComparison.Ordinal)])));
            if (options.Native && Native.Works()) sides.Add(("native", () => Measured.Run("sh", ["-c", times.Replace("PEER", "", StringComparison.Ordinal)])));
            Measure(machines, options, count, sides);
        }
        machines.End(mean: false);
    }

    /// <summary>machines N: the other side of the last curve: as many machines in this process, each with a program that does the steps.</summary>
    public static int RunMachines(IReadOnlyList<string> words)
    {
        int count = int.Parse(words[0], CultureInfo.InvariantCulture);
        string? engine = words is [_, "-engine", var name] ? name : null;
        var machines = Enumerable.Range(0, count).Select(_ => MachineFactory.Create(EngineChoice.Apply(new MachineOptions { Root = new() { HostProgram = Repository.BenchGuest("scale") } }, engine))).ToList();
        var tasks = machines.Select(m => m.Start(new ProgramOptions { Arguments = ["work", Text(MillionsOfSteps)] })).ToList();
        foreach (var (machine, task) in machines.Zip(tasks)) machine.WaitForExit(task);
        int failed = tasks.Count(t => t.ExitCode != 0);
        foreach (var machine in machines) machine.Dispose();
        return failed;
    }

    static void Measure(Table table, Options options, int count, IEnumerable<(string Name, Func<Measured?> Run)> sides)
    {
        var figures = sides.Select(s => (s.Name, s.Run, Runs: new List<(double, double)>())).ToList();
        for (int run = options.First; run < options.Runs; run++)
            foreach (var (_, once, runs) in figures)
                if (once() is { } measured && run >= 0) runs.Add((measured.Wall, measured.Cpu));
        table.Add(Text(count), figures.Select(f => (f.Name, (IReadOnlyList<(double, double)>)f.Runs)));
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
