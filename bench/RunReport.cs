using System.Diagnostics;
using System.Globalization;

namespace CheckpointRestart.Bench;

/// <summary>What a run in a machine tells of itself.</summary>
/// <param name="First">When the guest's first instruction came, as <see cref="Stopwatch"/> counts in every process of the host.</param>
/// <param name="Ran">Seconds from there to the guest's end.</param>
/// <param name="Instructions">Of the first task.</param>
internal sealed record RunReport(long First, double Ran, ulong Instructions)
{
    public void Write(string path) => File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"{First} {Ran:R} {Instructions}"));

    /// <summary>Seconds from the start of the process to the guest's first instruction: what .NET and the module take.</summary>
    public double StartOf(Measured whole) => Stopwatch.GetElapsedTime(whole.Began, First).TotalSeconds;

    /// <summary>Null when the run did not come so far.</summary>
    public static RunReport? Read(string path)
    {
        if (!File.Exists(path)) return null;
        string[] parts = File.ReadAllText(path).Split(' ');
        return new(long.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture), ulong.Parse(parts[2], CultureInfo.InvariantCulture));
    }
}
