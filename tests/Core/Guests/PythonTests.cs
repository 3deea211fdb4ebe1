using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace CheckpointRestart.Core.Tests.Guests;

/// <summary>CPython's own tests as a guest: which files, how they are run, and which tests passed natively (tests/compatibility/python, made by record.py).</summary>
public sealed partial class PythonTests
{
    readonly JsonElement _plan;

    PythonTests(JsonElement plan)
    {
        _plan = plan;
        Program = plan.GetProperty("program").GetString()!;
        Report = plan.GetProperty("report").GetString()!;
        Files = Texts("files");
        QuickFiles = Texts("quick");
        Environment = [.. plan.GetProperty("environment").EnumerateObject().Select(static v => $"{v.Name}={v.Value.GetString()}")];
    }

    /// <summary>The one plan of tests/compatibility/cases.json.</summary>
    public static PythonTests Plan { get; } = new(JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "cases.json"))).RootElement.GetProperty("python"));

    /// <summary>The interpreter's path in the guest.</summary>
    public string Program { get; }

    /// <summary>Where a run leaves its report, in JUnit's form.</summary>
    public string Report { get; }

    /// <summary>The test files.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Those of them that are run in every test run.</summary>
    public IReadOnlyList<string> QuickFiles { get; }

    /// <summary>The whole environment, each as NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; }

    static string Folder => Path.Combine(GuestFiles.Repository, "tests", "compatibility");

    /// <summary>The arguments of a run of one file.</summary>
    public IReadOnlyList<string> ArgumentsFor(string file) => [.. Texts("arguments").Select(a => a.Replace("FILE", file, StringComparison.Ordinal))];

    /// <summary>The tests of a file that pass natively, each time.</summary>
    public static IReadOnlySet<string> PassingNatively(string file) => File.ReadLines(Path.Combine(Folder, "python", file + ".txt")).ToHashSet(StringComparer.Ordinal);

    /// <summary>The tests that a report says passed.</summary>
    public static IReadOnlySet<string> PassingIn(byte[] report)
    {
        var cases = XDocument.Parse(Encoding.UTF8.GetString(report)).Descendants("testcase");
        return cases.Where(static c => (string?)c.Attribute("result") == "completed" && !c.Elements().Any(static e => e.Name.LocalName is "skipped" or "failure" or "error"))
            .Select(static c => (string)c.Attribute("name")!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The tests that passed as far as a run came that left no report: from what it printed.</summary>
    public static IReadOnlySet<string> PassingSoFar(string printed)
    {
        var passed = new HashSet<string>(StringComparer.Ordinal);
        string? current = null;
        foreach (string line in printed.Split('\n'))
        {
            var start = Start().Match(line);
            if (start.Success) current = start.Groups["id"].Value;
            if (current == null || !line.EndsWith("ok", StringComparison.Ordinal) || (line.Length > 2 && line[^3] != ' ')) continue;
            passed.Add(current);
            current = null;
        }
        return passed;
    }

    [GeneratedRegex(@"^\w+ \((?<id>test\.[\w.]+)\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Start();

    string[] Texts(string name) => [.. _plan.GetProperty(name).EnumerateArray().Select(static e => e.GetString()!)];
}
