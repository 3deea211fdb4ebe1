using System.Globalization;
using System.Management.Automation.Host;

namespace CheckpointRestart.PSHost.Testing;

/// <summary>The run on the screen: every test (Detailed), failures only (Normal), or nothing (None).</summary>
internal sealed class TestReport(PSHostUserInterface ui, string verbosity)
{
    private readonly bool _detailed = verbosity is "Detailed" or "Diagnostic";
    private readonly bool _silent = verbosity == "None";

    internal void Container(string file, string text) => Line(0, $"{text} {file}", ConsoleColor.Magenta);

    internal void Block(TestBlock block)
    {
        if (_detailed && !block.IsRoot) Line(block.Depth, $"{(block.Kind == "Describe" ? "Describing" : "Context")} {block.ExpandedName}", ConsoleColor.Green);
    }

    internal void Test(TestCase test)
    {
        var time = test.Duration.TotalSeconds >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{test.Duration.TotalSeconds:0.00}s") : string.Create(CultureInfo.InvariantCulture, $"{test.Duration.TotalMilliseconds:0}ms");
        var name = _detailed ? test.ExpandedName : test.ExpandedPath;
        switch (test.Result)
        {
            case TestResult.Passed when _detailed: Line(test.Depth, $"[+] {name} {time}", ConsoleColor.DarkGreen); break;
            case TestResult.Skipped when _detailed: Line(test.Depth, $"[!] {name}, is skipped{Because(test)}", ConsoleColor.Yellow); break;
            case TestResult.Inconclusive: Line(test.Depth, $"[?] {name}, is inconclusive{Because(test)}", ConsoleColor.Gray); break;
            case TestResult.Failed:
                Line(test.Depth, $"[-] {name} {time}", ConsoleColor.Red);
                foreach (var error in test.ErrorRecord) Error(test.Depth + 1, error);
                break;
        }
    }

    internal void BlockFailed(TestBlock block, string where, ErrorRecord error)
    {
        Line(block.Depth, $"[-] {where} of {block.ExpandedName} failed", ConsoleColor.Red);
        Error(block.Depth + 1, error);
    }

    internal void Error(int depth, ErrorRecord error)
    {
        foreach (var line in error.ToString().Split('\n')) Line(depth, line.TrimEnd(), ConsoleColor.Red);
        var position = error.ScriptStackTrace?.Split('\n').FirstOrDefault(static l => l.Contains(".ps1", StringComparison.Ordinal) || l.Contains(".psm1", StringComparison.Ordinal));
        if (position is not null) Line(depth, position.Trim(), ConsoleColor.DarkGray);
        if (error.InvocationInfo?.Line is { Length: > 0 } source) Line(depth, "    " + source.Trim(), ConsoleColor.DarkGray);
    }

    internal void Summary(TestRunResult run)
    {
        Line(0, string.Create(CultureInfo.InvariantCulture, $"Tests completed in {run.Duration.TotalSeconds:0.0}s"), ConsoleColor.White);
        Line(0, $"Tests Passed: {run.PassedCount}, Failed: {run.FailedCount}, Skipped: {run.SkippedCount}, Inconclusive: {run.InconclusiveCount}, NotRun: {run.NotRunCount}", run.Result == "Passed" ? ConsoleColor.White : ConsoleColor.Red);
        foreach (var block in run.FailedBlocks) Line(0, $"Block failed: {block.ExpandedPath}", ConsoleColor.Red);
        foreach (var container in run.FailedContainers) Line(0, $"File failed: {container}", ConsoleColor.Red);
    }

    private static string Because(TestCase test) => test.ErrorRecord.Count > 0 ? ", " + test.ErrorRecord[^1].Exception.Message : "";

    private void Line(int depth, string text, ConsoleColor color)
    {
        if (!_silent) ui.WriteLine(color, ui.RawUI.BackgroundColor, new string(' ', Math.Max(0, depth) * 2) + text);
    }
}
