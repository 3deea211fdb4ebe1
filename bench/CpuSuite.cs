using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>Programs that compute, of bench/guests, in pairs with qemu-i386 and with the machine itself where it runs i386 programs.</summary>
internal static class CpuSuite
{
    internal static readonly string[] Programs =
        ["sieve", "digests", "quicksort", "bytecode", "recursion", "strings", "matrix-sse2", "matrix-x87", "nbody", "spectral", "json", "records", "lists"];

    /// <summary>Guests of the tests: the plainest loops, by which an interpreter's speed is told.</summary>
    static readonly (string Name, string Iterations)[] Loops = [("loop", "20000000"), ("x87loop", "5000000"), ("sseloop", "5000000")];

    /// <summary>What makes programs run for a second on the processor itself that an emulator of floating point would take minutes for.</summary>
    static readonly Dictionary<string, string> Longer = new(StringComparer.Ordinal)
    {
        ["recursion"] = "43",
        ["matrix-sse2"] = "1500",
        ["matrix-x87"] = "300",
        ["nbody"] = "10000000",
        ["spectral"] = "4000",
    };

    public static void Run(Options options)
    {
        string? size = options.Size?.ToString(CultureInfo.InvariantCulture);
        if (options.Here || options.Qemu) Measure(options with { Native = false }, "suite", Programs, name => (Repository.BenchGuest(name), size, Recorded(name)));
        if (options.Native && Native.Works()) Measure(options with { Qemu = false }, "native", Programs, name => (Repository.BenchGuest(name), size ?? Longer.GetValueOrDefault(name), Recorded(name)));
        Measure(options, "loops", [.. Loops.Select(l => l.Name)], name => (Repository.TestGuest(name), Loops.First(l => l.Name == name).Iterations, null));
    }

    static void Measure(Options options, string suite, string[] programs, Func<string, (string Program, string? Size, string? Output)> find)
    {
        programs = [.. programs.Where(p => options.Names.Count == 0 || options.Names.Contains(p))];
        if (programs.Length == 0) return;
        var peers = Peer.All(options);
        var table = new Table(suite, "Seconds of whole processes; in brackets what of ours was before the guest's first instruction, and millions of its instructions a second after it", options);
        foreach (string name in programs) Failures.Catch(() => Measure(table, peers, name, find(name), options));
        table.End();
    }

    static void Measure(Table table, IReadOnlyList<Peer> peers, string name, (string Program, string? Size, string? Output) what, Options options)
    {
        var (program, size, output) = what;
        string[] arguments = size == null ? [] : [size];
        var figures = peers.ToDictionary(p => p, _ => new List<(double, double)>());
        var starts = new List<double>();
        var rates = new List<double>();
        // The checksum is known at the programs' own sizes; at others the peers must agree.
        string? printed = size == null ? output : null;
        for (int run = options.First; run < options.Runs; run++)
        {
            foreach (var peer in peers)
            {
                if (peer.Run(program, arguments) is not { } measured) continue;
                printed ??= measured.Output;
                if (measured.Output != printed) throw new BenchException($"{name}: {peer.Name} printed {measured.Output.Trim()}, not {printed.Trim()}");
                if (run < 0) continue;
                figures[peer].Add((measured.Wall, measured.Cpu));
                if (peer is not Here { Report: { } report }) continue;
                starts.Add(report.StartOf(measured));
                rates.Add(report.Instructions / report.Ran / 1e6);
            }
        }
        string note = starts.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"({Statistics.Median(starts):0.00} s, {Statistics.Median(rates):0})");
        table.Add(name, peers.Select(p => (p.Name, (IReadOnlyList<(double, double)>)figures[p])), note);
    }

    /// <summary>What a real processor printed: bench/guests/outputs, the last line of each program.</summary>
    static string Recorded(string name) =>
        File.ReadLines(Path.Combine(Repository.Root, "bench", "guests", "outputs")).Last(l => l.StartsWith(name + " ", StringComparison.Ordinal)) + "\n";
}
