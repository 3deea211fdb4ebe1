using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace CheckpointRestart.Bench.Report;

/// <summary>Writes docs/performance.md and its pictures from the CSV file of a run.</summary>
internal static class PerformancePage
{
    const string Mebibytes = "MiB";

    static readonly (string Suite, string Title, string Unit)[] Tables =
    [
        ("suite", "Programs that compute", "s"),
        ("native", "The same beside the processor itself, some with more to do", "s"),
        ("loops", "The plainest loops", "s"),
        ("debian", "Debian's programs", "s"),
        ("debian-short", "Debian's programs that are over in a moment", "s"),
        ("debian-rates", "Debian's programs that measure themselves", "µs"),
        ("system calls", "System calls", "µs"),
        ("start-up", "Start-up", "s"),
        ("memory", "Memory that machines of one process, or processes of a peer, add while their programs wait", Mebibytes),
    ];

    static readonly (string Suite, string Title, string Along)[] Curves =
    [
        ("scale-tasks", "A hundred million steps, shared by processes", "processes"),
        ("scale-idle", "A hundred million steps, beside processes that wait", "waiting processes"),
        ("scale-threads", "A hundred million steps, shared by threads", "threads"),
        ("scale-memory", "Memory mapped, written once and read twice, a word a page", "MiB"),
        ("scale-machines", "Machines together, each with fifty million steps", "machines"),
    ];

    static string RunsOf(IReadOnlyCollection<Figure> figures)
    {
        int least = figures.Min(f => f.Runs), most = figures.Max(f => f.Runs);
        return least == most ? $"{most}" : $"{least} to {most}";
    }

    public static void Write(string csv)
    {
        var figures = Figure.Read(csv);
        string folder = Path.Combine(Repository.Root, "docs"), pictures = Directory.CreateDirectory(Path.Combine(folder, "performance")).FullName;
        var reasons = Reasons();
        var page = new StringBuilder();
        page.Append("# Performance\n\n");
        page.Append(CultureInfo.InvariantCulture, $"Measured by `./build.sh Bench report`, which writes this page: {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSArchitecture}")
            .Append(Version("qemu-i386") is { } qemu ? $", qemu-i386 {qemu}" : "").Append(CultureInfo.InvariantCulture, $"; medians of {RunsOf(figures)} runs taken in turn. The figures are in [performance/results.csv](performance/results.csv).\n")
            .Append("Times are of whole processes, start included; \"processor\" is user and system time together. A ratio is the median over pairs of runs side by side.\n");
        var bars = new List<(string, double)>();
        foreach (var (suite, title, unit) in Tables)
        {
            foreach (var group in figures.Where(f => f.Suite == suite).GroupBy(f => f.Engine))
            {
                page.Append(CultureInfo.InvariantCulture, $"\n## {title}{(group.Key == "Auto" ? "" : $", engine {group.Key}")}\n\n");
                Table(page, [.. group], unit, reasons);
                if (suite is "suite" or "debian" && group.Key == "Auto") bars.AddRange(group.Where(f => f.Peer == "qemu-i386").Select(f => (f.Name, f.Ratio)));
            }
        }
        if (bars.Count > 0)
        {
            Plots.Ratios(bars, Path.Combine(pictures, "ratios.svg"));
            page.Append("\n![Time here to time under qemu-i386](performance/ratios.svg)\n");
        }
        page.Append("\n## As work grows\n");
        foreach (var (suite, title, along) in Curves)
        {
            Figure[] points = [.. figures.Where(f => f.Suite == suite && f.Engine == "Auto")];
            if (points.Length == 0) continue;
            Plots.Curve(title, along, points, Path.Combine(pictures, suite + ".svg"));
            page.Append(CultureInfo.InvariantCulture, $"\n![{title}](performance/{suite}.svg)\n\n");
            Points(page, along, points);
            var ours = points.Where(f => f.Peer == "here").Select(f => (Number: double.Parse(f.Name, CultureInfo.InvariantCulture), f.Wall, f.Cpu)).OrderBy(p => p.Number);
            // Machines share the processors that there are; everything else is one machine's work.
            string? bend = suite == "scale-machines"
                ? Bend([.. ours.Where(p => p.Number >= Environment.ProcessorCount).Select(p => (p.Number, p.Wall))])
                : Bend([.. ours.Select(p => (p.Number, p.Cpu))]);
            reasons.TryGetValue(suite, out string? reason);
            page.Append(CultureInfo.InvariantCulture, $"\n{(bend == null ? reason ?? "It does not bend upward." : $"It bends upward {bend}: {reason ?? "not looked into yet"}")}\n");
        }
        File.WriteAllText(Path.Combine(folder, "performance.md"), page.ToString());
        File.WriteAllLines(Path.Combine(pictures, "results.csv"), figures.Select(f => f.ToString()).Prepend(Figure.Header));
    }

    static void Points(StringBuilder page, string along, IReadOnlyList<Figure> points)
    {
        page.Append(CultureInfo.InvariantCulture, $"| {along} | here, s | processor | qemu-i386, s | processor | native, s | processor |\n|---|---|---|---|---|---|---|\n");
        foreach (var point in points.GroupBy(f => f.Name))
        {
            page.Append(CultureInfo.InvariantCulture, $"| {point.Key} |");
            foreach (string peer in new[] { "here", "qemu-i386", "native" })
            {
                var figure = point.FirstOrDefault(f => f.Peer == peer);
                page.Append(CultureInfo.InvariantCulture, $" {Show(figure?.Wall)} | {Show(figure?.Cpu)} |");
            }
            page.Append('\n');
        }
    }

    /// <summary>Where each further one costs a quarter more than those before it did, what is lost among differences of runs left out; null for nowhere.</summary>
    static string? Bend(IReadOnlyList<(double Number, double Seconds)> points)
    {
        const double Steeper = 1.25, Significant = 0.2;
        for (int i = 2; i < points.Count; i++)
        {
            var (first, before, here) = (points[0], points[i - 1], points[i]);
            double grown = before.Seconds - first.Seconds;
            if (grown < Significant * first.Seconds) continue;
            if ((here.Seconds - before.Seconds) / (here.Number - before.Number) > Steeper * grown / (before.Number - first.Number))
                return string.Create(CultureInfo.InvariantCulture, $"between {before.Number} and {here.Number}");
        }
        return null;
    }

    static void Table(StringBuilder page, IReadOnlyList<Figure> figures, string unit, Dictionary<string, string> reasons)
    {
        page.Append(CultureInfo.InvariantCulture, $"| | here, {unit} | processor | qemu-i386, {unit} | processor | native, {unit} | processor | to qemu | processor | to native |\n|---|---|---|---|---|---|---|---|---|---|\n");
        var slower = new List<string>();
        foreach (var program in figures.GroupBy(f => f.Name))
        {
            var by = program.ToDictionary(f => f.Peer, StringComparer.Ordinal);
            var qemu = by.GetValueOrDefault("qemu-i386");
            var native = by.GetValueOrDefault("native");
            page.Append(CultureInfo.InvariantCulture, $"| {program.Key} |");
            foreach (string peer in new[] { "here", "qemu-i386", "native" }) page.Append(CultureInfo.InvariantCulture, $" {Show(by.GetValueOrDefault(peer)?.Wall)} | {Show(by.GetValueOrDefault(peer)?.Cpu)} |");
            page.Append(CultureInfo.InvariantCulture, $" {Show(qemu?.Ratio)} | {Show(qemu?.CpuRatio)} | {Show(native?.Ratio)} |\n");
            if (unit != Mebibytes && qemu is { Ratio: > 1 }) slower.Add($"- **{program.Key}**: {reasons.GetValueOrDefault(program.Key, "not looked into yet")}\n");
        }
        Figure[] toQemu = [.. figures.Where(f => f.Peer == "qemu-i386")], toNative = [.. figures.Where(f => f.Peer == "native")];
        if (toQemu.Length + toNative.Length > 0)
            page.Append(CultureInfo.InvariantCulture, $"| geometric mean | | | | | | | {Mean(toQemu.Select(f => f.Ratio))} | {Mean(toQemu.Select(f => f.CpuRatio))} | {Mean(toNative.Select(f => f.Ratio))} |\n");
        if (slower.Count > 0) page.Append("\nSlower than qemu-i386, and why:\n\n").AppendJoin("", slower);
    }

    /// <summary>bench/reasons.tsv: a program or a curve, and why it is as it is.</summary>
    static Dictionary<string, string> Reasons() =>
        File.ReadLines(Path.Combine(Repository.Root, "bench", "reasons.tsv")).Where(l => l.Length > 0).Select(l => l.Split('\t')).ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal);

    static string? Version(string program) =>
        Measured.Run(program, ["--version"])?.Output.Split('\n')[0].Split(' ').SkipWhile(w => w != "version").Skip(1).FirstOrDefault();

    static string Mean(IEnumerable<double> values) => values.Where(v => v > 0).ToArray() is { Length: > 0 } known ? Show(Statistics.GeometricMean(known)) : "";

    static string Show(double? value) => value is { } number && !double.IsNaN(number) ? Statistics.Text(number) : "";
}
