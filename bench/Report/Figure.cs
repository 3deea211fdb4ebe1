using System.Globalization;

namespace CheckpointRestart.Bench.Report;

/// <summary>A line of the CSV file: what one peer took for one program.</summary>
/// <param name="Engine">What ran the guest's code here: the one asked for, or Auto.</param>
/// <param name="Wall">Median; seconds, or microseconds where the suite says so.</param>
/// <param name="Cpu">The same of processor time; NaN where it was not measured.</param>
/// <param name="Ratio">Median over the pairs of our wall time to the peer's; NaN for ourselves.</param>
/// <param name="CpuRatio">The same of processor time.</param>
internal sealed record Figure(string Suite, string Engine, string Name, string Peer, double Wall, double Cpu, double Ratio, double CpuRatio, int Runs)
{
    public const string Header = "suite,engine,name,peer,wall,cpu,here_to_peer_wall,here_to_peer_cpu,runs";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Suite},{Engine},{Name},{Peer},{Wall:0.######},{Cpu:0.######},{Ratio:0.####},{CpuRatio:0.####},{Runs}");

    public static Figure Parse(string line)
    {
        string[] f = line.Split(',');
        double Number(int i) => double.Parse(f[i], CultureInfo.InvariantCulture);
        return new(f[0], f[1], f[2], f[3], Number(4), Number(5), Number(6), Number(7), int.Parse(f[8], CultureInfo.InvariantCulture));
    }

    /// <summary>The figures of a file, the last one where a thing was measured again.</summary>
    public static IReadOnlyList<Figure> Read(string path)
    {
        var figures = new Dictionary<(string, string, string, string), Figure>();
        var order = new List<(string, string, string, string)>();
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            var figure = Parse(line);
            var key = (figure.Suite, figure.Engine, figure.Name, figure.Peer);
            if (!figures.ContainsKey(key)) order.Add(key);
            figures[key] = figure;
        }
        return [.. order.Select(k => figures[k])];
    }
}
