using System.Diagnostics;
using System.Globalization;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Bench;

/// <summary>What machines add to their process while their programs wait for input, and what is left of it when they have ended. A peer's is what its processes take.</summary>
internal static class MemoryCosts
{
    /// <summary>Machines that lived and ended before, so that what the process needs once is there.</summary>
    const int Before = 3;

    /// <summary>So much may grow again before a size counts as settled, in MiB.</summary>
    const double Still = 0.02;

    static readonly (string Name, int Count, bool AfterEnd, string? Program, string[] Arguments)[] Lines =
    [
        ("a small program", 1, false, null, []),
        ("a thousand of them", 1000, false, null, []),
        ("left of a thousand", 1000, true, null, []),
        ("cat of Debian", 1, false, "/bin/cat", []),
        ("a thousand of cat", 1000, false, "/bin/cat", []),
        ("left of cat", 1000, true, "/bin/cat", []),
        ("sh of Debian", 1, false, "/bin/sh", []),
        ("python3 of Debian", 1, false, "/usr/bin/python3", ["-c", "input()"]),
    ];

    public static void Run(Options options)
    {
        string small = Repository.TestGuest("readblock");
        string? root = File.Exists(Root) ? Root : null;
        var table = new Table("memory", "MiB that machines of one process, or processes of a peer, add while their programs wait; what is mapped more than once counts in parts", options);
        foreach (var (name, count, afterEnd, program, arguments) in Lines)
        {
            if (!options.Wants(name) || (program != null && root == null)) continue;
            var sides = new List<(string Name, Func<double> Run)>();
            if (options.Here) sides.Add(("here", () => Here(options, count, afterEnd, program == null ? null : root, program ?? small, arguments)));
            if (program == null && !afterEnd)
            {
                if (options.Qemu && Measured.Run("qemu-i386", [Repository.TestGuest("hello")]) != null) sides.Add(("qemu-i386", () => Peers("qemu-i386", [small], count)));
                if (options.Native && Native.Works()) sides.Add(("native", () => Peers(small, [], count)));
            }
            var figures = sides.Select(s => (s.Name, s.Run, Runs: new List<(double, double)>())).ToList();
            // Nothing has to be warm, and a thousand take their time.
            for (int run = 0; run < (count == 1 ? options.Runs : 1); run++)
                foreach (var (_, once, runs) in figures) runs.Add((once(), double.NaN));
            table.Add(name, figures.Select(f => (f.Name, (IReadOnlyList<(double, double)>)f.Runs)));
        }
        table.End(mean: false);
    }

    /// <summary>What tests/guests/fetch-root.sh makes.</summary>
    static string Root => Path.Combine(Repository.Root, "artifacts", "guests", "debian-root.tar");

    static double Here(Options options, int count, bool afterEnd, string? root, string program, string[] arguments)
    {
        List<string> words = [.. Repository.SelfArguments, "held", count.ToString(CultureInfo.InvariantCulture)];
        if (options.Engine != null) words.AddRange(["-engine", options.Engine]);
        if (root != null) words.AddRange(["-root", root]);
        string[] told = Measured.Run(Repository.Self, [.. words, program, .. arguments])!.Output.Split(' ');
        return double.Parse(told[afterEnd ? 1 : 0], CultureInfo.InvariantCulture);
    }

    /// <summary>As many processes of a peer, all alive.</summary>
    static double Peers(string program, string[] arguments, int count)
    {
        var processes = Enumerable.Range(0, count).Select(_ => Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!).ToList();
        double sum = 0;
        for (double last = double.NaN; !(Math.Abs(sum - last) < Still * count); Thread.Sleep(50))
        {
            // A process that has just been started is small, too.
            while (processes.Exists(static process => !Waits(process.Id))) Thread.Sleep(50);
            (last, sum) = (sum, processes.Sum(static process => Resident(process.Id)));
        }
        foreach (var process in processes)
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
        return sum;
    }

    /// <summary>held N [-engine NAME] [-root TAR] PROGRAM [ARGUMENT ...]: writes how many MiB N machines take while their programs wait, and how many are left once they have ended.</summary>
    public static int Hold(IReadOnlyList<string> words)
    {
        int count = int.Parse(words[0], CultureInfo.InvariantCulture), at = 1;
        string? engine = null, root = null;
        for (; at + 1 < words.Count && words[at] is "-engine" or "-root"; at += 2)
        {
            if (words[at] == "-engine") engine = words[at + 1];
            else root = words[at + 1];
        }
        using var archive = root == null ? null : TarArchive.Open(root);
        var options = EngineChoice.Apply(new MachineOptions { Root = archive == null ? new() { HostProgram = words[at] } : new() { Archive = archive } }, engine);
        var program = new ProgramOptions { FilePath = archive == null ? null : words[at], Arguments = [.. words.Skip(at + 1)], Environment = GuestEnvironment.Lines };
        for (int i = 0; i < Before; i++) Start(options, program).Dispose();
        double before = Settled();
        var machines = Enumerable.Range(0, count).Select(_ => Start(options, program)).ToList();
        double held = Settled() - before;
        foreach (var machine in machines) machine.Dispose();
        machines.Clear();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{held} {Settled() - before}"));
        return 0;
    }

    static Machine Start(MachineOptions options, ProgramOptions program)
    {
        var machine = MachineFactory.Create(options);
        machine.Start(program);
        machine.WaitUntil(() => machine.State == MachineState.Idle, Timeout.InfiniteTimeSpan);
        return machine;
    }

    /// <summary>True while a process sleeps; where the host does not tell, always.</summary>
    static bool Waits(int process)
    {
        string path = $"/proc/{process}/stat";
        if (!File.Exists(path)) return true;
        string text = File.ReadAllText(path);
        return text[text.LastIndexOf(')') + 2] == 'S';
    }

    /// <summary>MiB of this process, without what only waits to be collected or given back.</summary>
    internal static double Settled()
    {
        double now = double.NaN;
        for (double last = 0; !(Math.Abs(now - last) < Still);)
        {
            last = now;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
            GC.WaitForPendingFinalizers();
            now = Resident(Environment.ProcessId);
        }
        return now;
    }

    /// <summary>MiB of a process: its share of what is mapped more than once, where the host tells.</summary>
    static double Resident(int process)
    {
        string path = $"/proc/{process}/smaps_rollup";
        if (!File.Exists(path)) return Process.GetProcessById(process).WorkingSet64 / 1048576.0;
        string line = File.ReadLines(path).First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
