using CheckpointRestart.Bench.Report;

namespace CheckpointRestart.Bench;

/// <summary>A table of figures of several peers, printed line by line, and appended to a CSV file where one was asked for.</summary>
internal sealed class Table
{
    static readonly string[] Peers = ["here", "qemu-i386", "native"];

    readonly string suite;
    readonly Options options;
    readonly List<Figure> added = [];

    public Table(string suite, string about, Options options)
    {
        this.suite = suite;
        this.options = options;
        Console.WriteLine($"{about}; medians of {options.Runs}, taken in turn");
        Console.WriteLine($"{"",-26}{"",9}{"wall",-9}{"",22}{"processor",-16}{"",7}{"here to qemu",-16}{"here to native",-16}");
        Console.WriteLine($"{suite,-26}{"here",9}{"qemu",9}{"native",9}   {"here",9}{"qemu",9}{"native",9}   {"wall",8}{"cpu",8}{"wall",8}{"cpu",8}");
        if (options.Csv != null && !File.Exists(options.Csv)) File.WriteAllText(options.Csv, Figure.Header + "\n");
    }

    /// <summary>A line. What is to be compared was measured in turn, so each ratio is of two runs side by side.</summary>
    public void Add(string name, IEnumerable<(string Peer, IReadOnlyList<(double Wall, double Cpu)> Runs)> figures, string note = "")
    {
        var runs = figures.ToDictionary(f => f.Peer, f => f.Runs, StringComparer.Ordinal);
        var line = new Dictionary<string, Figure>(StringComparer.Ordinal);
        foreach (string peer in Peers)
        {
            if (!runs.TryGetValue(peer, out var its) || its.Count == 0) continue;
            line[peer] = new(suite, options.Engine ?? "Auto", name, peer, Statistics.Median(its.Select(r => r.Wall)), Statistics.Median(its.Select(r => r.Cpu)),
                Ratio(peer, its, r => r.Wall), Ratio(peer, its, r => r.Cpu), its.Count);
        }
        Figure? Of(string peer) => line.GetValueOrDefault(peer);
        Console.WriteLine($"{name,-26}{string.Concat(Peers.Select(p => $"{Show(Of(p)?.Wall),9}"))}   {string.Concat(Peers.Select(p => $"{Show(Of(p)?.Cpu),9}"))}   "
            + $"{Show(Of("qemu-i386")?.Ratio),8}{Show(Of("qemu-i386")?.CpuRatio),8}{Show(Of("native")?.Ratio),8}{Show(Of("native")?.CpuRatio),8}{(note.Length > 0 ? "   " + note : "")}");
        added.AddRange(line.Values);
        if (options.Csv != null) File.AppendAllLines(options.Csv, line.Values.Select(f => f.ToString()));

        double Ratio(string to, IReadOnlyList<(double Wall, double Cpu)> theirs, Func<(double Wall, double Cpu), double> what)
        {
            if (to == "here" || !runs.TryGetValue("here", out var ours)) return double.NaN;
            double[] each = [.. ours.Zip(theirs, (a, b) => (Ours: what(a), Theirs: what(b))).Where(p => p is { Ours: > 0, Theirs: > 0 }).Select(p => p.Ours / p.Theirs)];
            return each.Length == 0 ? double.NaN : Statistics.Median(each);
        }
    }

    public void End(bool mean = true)
    {
        if (mean && added.Count > 0)
            Console.WriteLine($"{"geometric mean",-26}{"",60}{Mean("qemu-i386", f => f.Ratio),8}{Mean("qemu-i386", f => f.CpuRatio),8}{Mean("native", f => f.Ratio),8}{Mean("native", f => f.CpuRatio),8}");
        Console.WriteLine();
    }

    string Mean(string peer, Func<Figure, double> ratio)
    {
        double[] ratios = [.. added.Where(f => f.Peer == peer).Select(ratio).Where(r => r > 0)];
        return ratios.Length == 0 ? "-" : Statistics.Text(Statistics.GeometricMean(ratios));
    }

    static string Show(double? value) => value is { } number && !double.IsNaN(number) ? Statistics.Text(number) : "-";
}
