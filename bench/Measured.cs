using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace CheckpointRestart.Bench;

/// <summary>What one whole process took, its children included, and what it wrote to its standard output.</summary>
/// <param name="Wall">Seconds from start to end.</param>
/// <param name="Cpu">Seconds of processor time, user and system.</param>
/// <param name="Began">When it was started, as <see cref="Stopwatch"/> counts.</param>
internal sealed partial record Measured(double Wall, double Cpu, string Output, long Began)
{
    const int OfChildren = -1;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Null when this machine cannot start it: it is not installed, or of another architecture.</returns>
    /// <exception cref="BenchException">It ended with another status than 0.</exception>
    public static Measured? Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        if (environment != null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in environment) start.Environment[name] = value;
        }
        try
        {
            double before = ChildrenSeconds();
            long began = Stopwatch.GetTimestamp();
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            // Shown only where it tells why a run failed.
            var errors = new StringBuilder();
            process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            double wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (process.ExitCode != 0) throw new BenchException($"{program} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {output}{errors}");
            return new(wall, OperatingSystem.IsWindows() ? process.TotalProcessorTime.TotalSeconds : ChildrenSeconds() - before, output, began);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Processor time of all children that have ended and were waited for: one process at a time is measured.</summary>
    static double ChildrenSeconds()
    {
        if (OperatingSystem.IsWindows()) return 0;
        // struct rusage begins with two timevals; some systems have microseconds of 32 bits there.
        Span<long> usage = stackalloc long[32];
        if (GetResourceUsage(OfChildren, usage) != 0) throw new BenchException("getrusage failed");
        return usage[0] + (int)usage[1] / 1e6 + usage[2] + (int)usage[3] / 1e6;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, Span<long> usage);
}

/// <summary>A measurement that would mean nothing: a program failed, or printed what another run of it did not.</summary>
internal sealed class BenchException(string message) : Exception(message);
