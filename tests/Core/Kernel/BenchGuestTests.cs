using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>The programs that speed is measured with compute what a real processor computes: their checksums at a small size, as recorded natively.</summary>
public sealed class BenchGuestTests
{
    static readonly string Folder = Path.Combine(GuestFiles.Repository, "bench", "guests");

    public static TheoryData<string> Programs => [.. File.ReadLines(Path.Combine(Folder, "small")).Select(l => l[..l.IndexOf(' ', StringComparison.Ordinal)])];

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_program_of_the_suite_prints_what_it_prints_natively(string name)
    {
        string size = File.ReadLines(Path.Combine(Folder, "small")).Single(l => l.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..];
        string recorded = File.ReadLines(Path.Combine(Folder, "outputs")).Single(l => l.StartsWith($"{name} {size} ", StringComparison.Ordinal));
        var options = new MachineOptions { Root = new() { HostProgram = Path.Combine(Folder, "bin", name) }, Clock = ClockKind.Virtual };
        var run = GuestRun.Run(options, new ProgramOptions { Arguments = [size] });
        Assert.Equal(recorded + "\n", run.Text);
        Assert.Equal(0, run.ExitCode);
    }
}
