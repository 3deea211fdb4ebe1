using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>What a system call costs, here and under qemu-i386. The guest makes many and then a quarter as many; the difference of the two
/// times leaves out the start of the process, and what a compiler does in its first moments.</summary>
internal static class CallCosts
{
    const int Runs = 5;
    const int Part = 4;

    /// <summary>Each count takes a second or so.</summary>
    static readonly (string Kind, string What, int Count)[] Kinds =
    [
        ("getpid", "getpid", 2_000_000),
        ("pipe", "write and read of a pipe", 800_000),
        ("open", "open and close", 400_000),
        ("fork", "fork and wait", 8_000),
        ("switch", "switch through a pipe", 200_000),
    ];

    public static void Run(string[] wanted)
    {
        string self = Environment.ProcessPath!, guest = WholePrograms.Guest("callcost");
        Console.WriteLine("Microseconds a time, the start of the process left out; a switch is there and back");
        Console.WriteLine();
        Console.WriteLine($"{"system calls",-28}{"here",10}{"qemu-i386",12}{"native",10}{"here/qemu",12}");
        foreach (var (kind, what, count) in Kinds)
        {
            if (wanted.Length > 0 && !wanted.Contains(kind)) continue;
            var here = new List<double>();
            var qemu = new List<double>();
            var native = new List<double>();
            for (int run = -1; run < Runs; run++)
            {
                Add(here, run, self, ["run", guest, kind], count);
                Add(qemu, run, "qemu-i386", [guest, kind], count);
                Add(native, run, guest, [kind], count);
            }
            var ratios = here.Zip(qemu, (a, b) => a / b).ToList();
            Console.WriteLine($"{what,-28}{Show(here),10}{Show(qemu),12}{Show(native),10}{(ratios.Count == 0 ? "-" : $"{WholePrograms.Median(ratios):0.00}"),12}");
        }
        Console.WriteLine();
    }

    static void Add(List<double> costs, int run, string program, string[] arguments, int count)
    {
        double? all = Time(count), part = Time(count / Part);
        if (run >= 0 && all != null && part != null) costs.Add((all.Value - part.Value) / (count - count / Part) * 1e6);

        double? Time(int times) => WholePrograms.Time(program, [.. arguments, times.ToString(CultureInfo.InvariantCulture)]);
    }

    static string Show(List<double> costs) => costs.Count == 0 ? "-" : $"{WholePrograms.Median(costs):0.00}";
}
