using System.Diagnostics;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Under a virtual clock and with one seed, programs of many processes and threads end in the same state in every process of the host, whatever is done
/// to their machine meanwhile.</summary>
/// <remarks>CR_TEST_LONG=1 adds those that need all of root-packages.txt (as a directory where CR_COMPATIBILITY_ROOT names one).</remarks>
public sealed class SameRunTests
{
    const string Answers = "CR_SAME_RUN_ANSWERS", Disturbed = "CR_SAME_RUN_DISTURBED", Only = "CR_SAME_RUN_ONLY";

    static bool IsLong => Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    static string? Packages => Environment.GetEnvironmentVariable("CR_COMPATIBILITY_ROOT");

    static IEnumerable<SameRun.Program> Chosen => SameRun.All.Where(static program => program.Needs switch
    {
        SameRun.Needs.Busybox => GuestFiles.Busybox != null,
        SameRun.Needs.Debian => GuestFiles.Debian != null,
        SameRun.Needs.Packages => IsLong && (Packages != null || DebianRoot.Packages != null),
        _ => true,
    }).Where(static program => Environment.GetEnvironmentVariable(Only) is not { Length: > 0 } only || program.Name.Contains(only, StringComparison.Ordinal));

    [Fact]
    public void Two_processes_come_to_the_same_state()
    {
        // Made once, before both want it.
        if (Chosen.Any(static program => program.Needs == SameRun.Needs.Packages) && Packages == null) _ = DebianRoot.Archive;
        string folder = Directory.CreateTempSubdirectory("cr-same-").FullName;
        try
        {
            string[] answers = [Path.Combine(folder, "quiet"), Path.Combine(folder, "disturbed")];
            using var quiet = Start(answers[0], disturbed: false);
            using var disturbed = Start(answers[1], disturbed: true);
            foreach (var process in (Process[])[quiet, disturbed])
            {
                string said = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                Assert.True(process.ExitCode == 0, said);
            }
            int number = 0;
            foreach (var program in Chosen)
            {
                string name = (number++).ToString(System.Globalization.CultureInfo.InvariantCulture);
                string first = File.ReadAllText(answers[0] + name), second = File.ReadAllText(answers[1] + name);
                Assert.StartsWith("status 0, ", first, StringComparison.Ordinal);
                Assert.True(first == second, $"{program.Name}:\n{first}\n{second}");
            }
            Assert.True(number > 0 || Environment.GetEnvironmentVariable(Only) != null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One of the two processes.</summary>
    [Fact(Explicit = true)]
    public void Writes_what_it_came_to()
    {
        string to = Environment.GetEnvironmentVariable(Answers) ?? throw new InvalidOperationException("the other test runs it");
        int number = 0;
        foreach (var program in Chosen)
        {
            string line = SameRun.Run(program, SameRun.RootFor(program, Packages), Environment.GetEnvironmentVariable(Disturbed) == "1");
            File.WriteAllText(to + (number++).ToString(System.Globalization.CultureInfo.InvariantCulture), line);
        }
    }

    static Process Start(string answers, bool disturbed)
    {
        string self = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [typeof(SameRunTests).Assembly.Location] : [];
        var start = new ProcessStartInfo(self, [.. program, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(SameRunTests).FullName}.{nameof(Writes_what_it_came_to)}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment[Answers] = answers;
        start.Environment[Disturbed] = disturbed ? "1" : "0";
        return Process.Start(start)!;
    }
}
