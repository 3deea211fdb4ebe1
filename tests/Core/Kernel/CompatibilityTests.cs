using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Debian's programs give the output and the status that they give natively (tests/compatibility/cases.json).</summary>
/// <remarks>CR_COMPATIBILITY_ROOT names the root: a directory with the packages of tests/guests/debian/root-packages.txt. CR_COMPATIBILITY_PAGE=1 also writes docs/compatibility.md.</remarks>
public sealed class CompatibilityTests
{
    static string? Root => Environment.GetEnvironmentVariable("CR_COMPATIBILITY_ROOT");

    static bool IsLong => Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1";

    public static TheoryData<string> Cases => [.. GuestCase.Compatibility.Where(c => c.IsQuick || IsLong).Select(c => c.Name)];

    [Theory, MemberData(nameof(Cases))]
    public void As_natively(string name)
    {
        Assert.SkipWhen(Root == null, "CR_COMPATIBILITY_ROOT names no root");
        var (difference, _, _) = Run(GuestCase.Compatibility.Single(c => c.Name == name), 600);
        Assert.Null(difference);
    }

    [Fact]
    public void The_page_can_be_written()
    {
        Assert.SkipUnless(Root != null && Environment.GetEnvironmentVariable("CR_COMPATIBILITY_PAGE") == "1", "CR_COMPATIBILITY_PAGE is not 1");
        double seconds = double.Parse(Environment.GetEnvironmentVariable("CR_COMPATIBILITY_SECONDS") ?? "300", CultureInfo.InvariantCulture);
        var versions = Versions(Path.Combine(Root, "var", "lib", "dpkg", "status"));
        var rows = new StringBuilder();
        int same = 0;
        foreach (var guest in GuestCase.Compatibility)
        {
            var (difference, unknown, _) = Run(guest, seconds);
            if (difference == null) same++;
            string what = guest.Name[(guest.Name.IndexOf(':', StringComparison.Ordinal) + 2)..];
            string result = difference == null ? "same" : Cell(difference[(difference.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            rows.Append(CultureInfo.InvariantCulture, $"| {guest.Of} | {Version(versions, guest.Of)} | {what} | {result} | {unknown} |\n");
            TestContext.Current.SendDiagnosticMessage("{0}: {1}", guest.Name, result);
        }
        string text = string.Create(CultureInfo.InvariantCulture, $"""
            # Compatibility

            What Debian's i386 programs do in a machine, beside what they do natively in a chroot of the same root: output, error output and status, byte for byte.
            Written by `tests/Core/Kernel/CompatibilityTests.cs` from `tests/compatibility/cases.json`, which holds each command and what `record.py` recorded.
            The last column lists system calls that ended in ENOSYS because the machine does not have them.
            Each case had {seconds} seconds of the host's time; what did not end may need more.

            {same} of {GuestCase.Compatibility.Count} are the same.

            | program | version | what it does | result | ENOSYS |
            |---|---|---|---|---|

            """);
        File.WriteAllText(Path.Combine(GuestFiles.Repository, "docs", "compatibility.md"), text + rows);
    }

    static (string? Difference, string Unknown, ulong Instructions) Run(GuestCase guest, double seconds)
    {
        var options = new MachineOptions { Root = new RootOptions { HostDirectory = Root }, Clock = ClockKind.Virtual, Seed = 1, MemoryLimit = 2L << 30 };
        using var machine = new Machine(options);
        var task = machine.Start(new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment });
        if (!guest.Input.IsEmpty) machine.SendInput(guest.Input);
        machine.EndInput();
        var run = GuestRun.Finish(machine, task, seconds);
        string unknown = machine.HasEnded ? "" : machine.Execute(static m => string.Join(", ", m.UnknownCalls.Select(static pair => $"{SyscallTable.NameOf(pair.Key)} x{pair.Value}")));
        string? difference = run.Failure != null ? $"{guest.Name}: the machine failed: {run.Failure.Message}"
            : !run.HasExited ? $"{guest.Name}: did not end: {run.Where}"
            : guest.Difference(run.Output, run.Errors, run.ExitCode);
        return (difference, unknown, run.Instructions);
    }

    static string Cell(string text)
    {
        string line = text.ReplaceLineEndings(" ⏎ ").Replace("|", "\\|", StringComparison.Ordinal);
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    static Dictionary<string, string> Versions(string status)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        string package = "";
        foreach (string line in File.Exists(status) ? File.ReadLines(status) : [])
        {
            if (line.StartsWith("Package: ", StringComparison.Ordinal)) package = line[9..];
            else if (line.StartsWith("Version: ", StringComparison.Ordinal)) found[package] = line[9..];
        }
        return found;
    }

    static string Version(Dictionary<string, string> versions, string program)
    {
        string package = program switch { "redis" => "redis-server", "xz" => "xz-utils", "vim" => "vim-tiny", "gcc" => "gcc-12", "socat, expect" => "socat", "findutils" or "coreutils" => program, _ => program };
        return versions.GetValueOrDefault(package) ?? versions.GetValueOrDefault(package + "-light") ?? "";
    }
}
