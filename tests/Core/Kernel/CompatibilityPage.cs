using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Writes docs/compatibility.md: what tests/compatibility names, run once. `./build.sh Compat` asks for it.</summary>
public sealed class CompatibilityPage
{
    static string Kept => Path.Combine(GuestFiles.Repository, "artifacts", "compatibility.json");

    /// <remarks>
    /// CR_COMPATIBILITY_SECONDS is what each program and each file of tests may take of the host's time. CR_COMPATIBILITY_NAMES is a part of the names of those to run
    /// again, or "differing", "missing" or "none"; the others are then as the last run, kept under artifacts, left them.
    /// </remarks>
    [Fact(Explicit = true)]
    public void IsWritten()
    {
        Assert.NotNull(DebianRoot.Packages);
        var root = DebianRoot.Archive!;
        double seconds = double.Parse(Environment.GetEnvironmentVariable("CR_COMPATIBILITY_SECONDS") ?? "3600", CultureInfo.InvariantCulture);
        string? again = Environment.GetEnvironmentVariable("CR_COMPATIBILITY_NAMES");
        var kept = string.IsNullOrEmpty(again) || !File.Exists(Kept) ? [] : JsonSerializer.Deserialize<Dictionary<string, CompatibilityRun>>(File.ReadAllBytes(Kept))!;
        var runs = new ConcurrentDictionary<string, CompatibilityRun>(kept, StringComparer.Ordinal);
        var output = TestContext.Current;
        IEnumerable<(string Name, Func<CompatibilityRun> Run)> work =
        [
            .. GuestCase.Compatibility.Select(guest => (guest.Name, (Func<CompatibilityRun>)(() => CompatibilityRun.Of(guest, root, seconds)))),
            .. PythonTests.Plan.Files.Select(file => (file, (Func<CompatibilityRun>)(() => CompatibilityRun.OfPython(file, root, seconds)))),
        ];
        work = [.. work.Where(item => again switch
        {
            null or "" => true,
            "missing" => !kept.ContainsKey(item.Name),
            "none" => false,
            "differing" => !kept.TryGetValue(item.Name, out var last) || last.IsDifferent,
            _ => item.Name.Contains(again, StringComparison.Ordinal),
        })];
        Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, item =>
        {
            long start = Environment.TickCount64;
            var run = runs[item.Name] = item.Run();
            lock (kept) File.WriteAllBytes(Kept, JsonSerializer.SerializeToUtf8Bytes(runs.ToDictionary(StringComparer.Ordinal)));
            output.SendDiagnosticMessage("{0}: {1}, {2} s", item.Name, run.Difference ?? (run.Missing.Count == 0 ? "same" : $"{run.Missing.Count} differ"), (Environment.TickCount64 - start) / 1000);
        });
        File.WriteAllText(Path.Combine(GuestFiles.Repository, "docs", "compatibility.md"), Text(runs, Versions(root), seconds));
    }

    static readonly CompatibilityRun NotRun = new() { Difference = "not run" };

    static string Text(System.Collections.Concurrent.ConcurrentDictionary<string, CompatibilityRun> runs, Dictionary<string, string> versions, double seconds)
    {
        var programs = new StringBuilder();
        foreach (var guest in GuestCase.Compatibility)
        {
            var run = runs.GetValueOrDefault(guest.Name) ?? NotRun;
            string what = guest.Name[(guest.Name.IndexOf(':', StringComparison.Ordinal) + 2)..], prefix = guest.Name + ": ";
            string result = run.Difference is not { } difference ? "same" : Cell(difference.StartsWith(prefix, StringComparison.Ordinal) ? difference[prefix.Length..] : difference);
            programs.Append(CultureInfo.InvariantCulture, $"| {guest.Of} | {Version(versions, guest.Of)} | {what} | {result} | {run.Unknown} |\n");
        }
        var tests = new StringBuilder();
        foreach (string file in PythonTests.Plan.Files)
        {
            var run = runs.GetValueOrDefault(file) ?? NotRun with { Missing = [.. PythonTests.PassingNatively(file)] };
            string differ = string.Join(", ", run.Missing.Take(40).Select(name => name.Replace($"test.{file}.", "", StringComparison.Ordinal)));
            if (run.Missing.Count > 40) differ += string.Create(CultureInfo.InvariantCulture, $" and {run.Missing.Count - 40} more");
            if (run.Difference != null) differ = ReferenceEquals(run.Difference, NotRun.Difference) ? run.Difference : $"{Cell(run.Difference)} {differ}";
            tests.Append(CultureInfo.InvariantCulture, $"| {file} | {run.Same + run.Missing.Count} | {run.Same} | {differ} | {run.Unknown} |\n");
        }
        int same = GuestCase.Compatibility.Count(guest => runs.TryGetValue(guest.Name, out var run) && run.Difference == null);
        int all = PythonTests.Plan.Files.Sum(static file => PythonTests.PassingNatively(file).Count), passing = PythonTests.Plan.Files.Sum(file => runs.GetValueOrDefault(file)?.Same ?? 0);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Compatibility

            What Debian 12's i386 programs do in a machine, beside what they do natively: in a chroot of the same root, on a Linux kernel that runs i386 programs.
            `./build.sh Compat` writes this page. The root is made from the packages of `tests/guests/debian/root-packages.txt`, the machine has a virtual clock,
            and each run had at most {seconds} seconds of the host's time.

            ## Programs

            Output, error output and status, byte for byte. `tests/compatibility/cases.json` holds each command and what `record.py` recorded natively.
            {same} of {GuestCase.Compatibility.Count} are the same. The last column lists system calls that ended in ENOSYS because the machine does not have them, with how often.

            | program | version | what it does | result | ENOSYS |
            |---|---|---|---|---|
            {programs}
            ## CPython's own tests

            `python3 -m test` of libpython3.11-testsuite {versions.GetValueOrDefault("libpython3.11-testsuite")}. `tests/compatibility/python` holds the tests that pass natively, each time.
            Of {all} such tests {passing} pass in the machine.

            | file | passing natively | of these in the machine | which do not | ENOSYS |
            |---|---|---|---|---|
            {tests}
            """).TrimEnd('\n') + "\n";
    }

    static string Cell(string text)
    {
        string line = text.ReplaceLineEndings(" ⏎ ").Replace("|", "\\|", StringComparison.Ordinal);
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    static Dictionary<string, string> Versions(TarArchive archive)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        using var root = new Files.TestMachine(new RootOptions { Archive = archive });
        string package = "";
        foreach (string line in root.Read("/var/lib/dpkg/status").Split('\n'))
        {
            if (line.StartsWith("Package: ", StringComparison.Ordinal)) package = line[9..];
            else if (line.StartsWith("Version: ", StringComparison.Ordinal)) found[package] = line[9..];
        }
        return found;
    }

    static string Version(Dictionary<string, string> versions, string program) => versions.GetValueOrDefault(program switch
    {
        "redis" => "redis-server",
        "xz" => "xz-utils",
        "vim" => "vim-tiny",
        "gcc" => "gcc-12",
        "nginx" => "nginx-light",
        "busybox" => "busybox-static",
        "socat, expect" => "socat",
        _ => program,
    }) ?? "";
}
