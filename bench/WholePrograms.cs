using System.ComponentModel;
using System.Diagnostics;

namespace CheckpointRestart.Bench;

/// <summary>Whole programs, each run in turn here, under qemu-i386 and natively where that is possible; medians, and ratios pair by pair.</summary>
internal static class WholePrograms
{
    const int Runs = 5;

    static readonly string Repository = FindRepository();

    /// <summary>Each is a loop of a second or so: integers, x87, SSE.</summary>
    static readonly (string Name, string What, string[] Arguments)[] Programs =
    [
        ("loop", "integer", ["10000000"]),
        ("x87loop", "x87", ["5000000"]),
        ("sseloop", "SSE", ["5000000"]),
    ];

    public static int Run(string host)
    {
        string self = Environment.ProcessPath!;
        Console.WriteLine($"{Environment.ProcessorCount} processors, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}; medians of {Runs} runs, taken in turn");
        Console.WriteLine();
        Console.WriteLine($"{"program",-24}{"here",10}{"qemu-i386",12}{"native",10}{"here/qemu",12}");
        var speeds = new List<string>();
        foreach (var (name, what, arguments) in Programs)
        {
            string program = Guest(name);
            var here = new List<double>();
            var qemu = new List<double>();
            var native = new List<double>();
            for (int run = -1; run < Runs; run++)
            {
                Add(here, run, self, ["run", program, .. arguments]);
                Add(qemu, run, "qemu-i386", [program, .. arguments]);
                Add(native, run, program, arguments);
            }
            var ratios = here.Zip(qemu, (a, b) => a / b).ToList();
            Console.WriteLine($"{name + " " + string.Join(' ', arguments),-24}{Show(here),10}{Show(qemu),12}{Show(native),10}{(ratios.Count == 0 ? "-" : $"{Median(ratios):0.00}"),12}");
            var measured = Enumerable.Range(0, Runs).Select(_ => GuestRun.Measure(program, arguments)).ToList();
            ulong count = measured[0].Instructions;
            speeds.Add($"{what,-24}{Median([.. measured.Select(m => m.Rate)]) / 1e6,10:0}{Speed(count, qemu),12}{Speed(count, native),10}");
        }
        Console.WriteLine();
        Console.WriteLine("Millions of instructions a second: the interpreter alone (integer: at least 100 wanted), the others with their start");
        Console.WriteLine();
        Console.WriteLine($"{"loop",-24}{"here",10}{"qemu-i386",12}{"native",10}");
        foreach (string speed in speeds) Console.WriteLine(speed);
        Console.WriteLine();
        CallCosts.Run([]);
        StartUp(host);
        return 0;
    }

    static string Speed(ulong instructions, List<double> times) => times.Count == 0 ? "-" : $"{instructions / Median(times) / 1e6:0}";

    static void StartUp(string host)
    {
        string script = $"Import-Module '{Path.Combine(Repository, "CheckpointRestart.psd1")}'; Start-CrTask '{Guest("hello")}' -Wait";
        var ours = new List<double>();
        var empty = new List<double>();
        for (int run = -1; run < Runs; run++)
        {
            Add(ours, run, host, ["-NoProfile", "-NonInteractive", "-Command", script]);
            Add(empty, run, host, ["-NoProfile", "-NonInteractive", "-Command", "1"]);
        }
        Console.WriteLine($"Import-Module and Start-CrTask -Wait of hello, whole process: {Show(ours)} (less than 1.50 s wanted); the host alone {Show(empty)}");
    }

    static void Add(List<double> times, int run, string program, IEnumerable<string> arguments)
    {
        // The first run warms caches and does not count.
        if (Time(program, arguments) is { } seconds && run >= 0) times.Add(seconds);
    }

    /// <summary>Seconds that a whole process takes; null when it cannot be started here or fails.</summary>
    internal static double? Time(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        try
        {
            long began = Stopwatch.GetTimestamp();
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            return process.ExitCode == 0 ? seconds : null;
        }
        catch (Win32Exception)
        {
            // Not installed, or the machine cannot run i386 programs: the column stays empty.
            return null;
        }
    }

    internal static string Guest(string name) => Path.Combine(Repository, "tests", "guests", "bin", name);

    static string Show(List<double> times) => times.Count == 0 ? "-" : $"{Median(times):0.000} s";

    internal static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    static string FindRepository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "CheckpointRestart.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the benchmarks run inside the repository");
    }
}
