using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>A table of figures of several peers, printed line by line, and appended to a CSV file where one was asked for.</summary>
internal sealed class Table
{
    readonly string suite;
    readonly Options options;
    readonly List<double> toQemu = [], toQemuCpu = [], toNative = [], toNativeCpu = [];

    public Table(string suite, string about, Options options)
    {
        this.suite = suite;
        this.options = options;
        Console.WriteLine($"{about}; medians of {options.Runs}, taken in turn");
        Console.WriteLine($"{"",-26}{"",9}{"wall",-9}{"",22}{"processor",-16}{"",7}{"here to qemu",-16}{"here to native",-16}");
        Console.WriteLine($"{suite,-26}{"here",9}{"qemu",9}{"native",9}   {"here",9}{"qemu",9}{"native",9}   {"wall",8}{"cpu",8}{"wall",8}{"cpu",8}");
        if (options.Csv != null && !File.Exists(options.Csv)) File.WriteAllText(options.Csv, "suite,name,peer,wall,cpu,runs\n");
    }

    /// <summary>A line. What is to be compared was measured in turn, so each ratio is of two runs side by side.</summary>
    public void Add(string name, IEnumerable<(string Peer, IReadOnlyList<(double Wall, double Cpu)> Runs)> figures, string note = "")
    {
        var all = figures.ToDictionary(f => f.Peer, f => f.Runs, StringComparer.Ordinal);
        string[] peers = ["here", "qemu-i386", "native"];
        string walls = string.Concat(peers.Select(p => $"{Show(Of(p).Select(r => r.Wall)),9}")), cpus = string.Concat(peers.Select(p => $"{Show(Of(p).Select(r => r.Cpu)),9}"));
        Console.WriteLine($"{name,-26}{walls}   {cpus}   {Ratio("qemu-i386", r => r.Wall, toQemu),8}{Ratio("qemu-i386", r => r.Cpu, toQemuCpu),8}"
            + $"{Ratio("native", r => r.Wall, toNative),8}{Ratio("native", r => r.Cpu, toNativeCpu),8}{(note.Length > 0 ? "   " + note : "")}");
        if (options.Csv == null) return;
        foreach (string peer in peers.Where(p => Of(p).Count > 0))
            File.AppendAllText(options.Csv, string.Create(CultureInfo.InvariantCulture,
                $"{suite},{name},{peer},{Statistics.Median(Of(peer).Select(r => r.Wall)):0.######},{Statistics.Median(Of(peer).Select(r => r.Cpu)):0.######},{Of(peer).Count}\n"));

        IReadOnlyList<(double Wall, double Cpu)> Of(string peer) => all.TryGetValue(peer, out var runs) ? runs : [];

        string Ratio(string to, Func<(double Wall, double Cpu), double> what, List<double> ratios)
        {
            double[] each = [.. Of("here").Zip(Of(to), (a, b) => (Ours: what(a), Theirs: what(b))).Where(p => p is { Ours: > 0, Theirs: > 0 }).Select(p => p.Ours / p.Theirs)];
            if (each.Length == 0) return "-";
            ratios.Add(Statistics.Median(each));
            return Number(ratios[^1]);
        }
    }

    public void End(bool mean = true)
    {
        if (mean && toQemu.Count + toNative.Count > 0) Console.WriteLine($"{"geometric mean",-26}{"",60}{Mean(toQemu),8}{Mean(toQemuCpu),8}{Mean(toNative),8}{Mean(toNativeCpu),8}");
        Console.WriteLine();
    }

    static string Mean(List<double> ratios) => ratios.Count == 0 ? "-" : Number(Statistics.GeometricMean(ratios));

    static string Show(IEnumerable<double> values) => values.Any() ? Number(Statistics.Median(values)) : "-";

    static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.0" : Math.Abs(value) >= 0.1 ? "0.00" : "0.0000", CultureInfo.InvariantCulture);
}
