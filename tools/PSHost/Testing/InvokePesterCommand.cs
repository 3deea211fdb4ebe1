using System.Diagnostics;

namespace CheckpointRestart.PSHost.Testing;

/// <summary>Invoke-Pester: finds test files, discovers the tests of all of them, then runs them.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Pester", DefaultParameterSetName = "Simple"), StandIn(TestingModule), OutputType(typeof(TestRunResult))]
public sealed class InvokePesterCommand : PSCmdlet
{
    private static readonly ScriptBlock s_discover = ScriptBlock.Create("try { $null = & $args[0] } catch { $_ }");

    [Parameter(Position = 0, ParameterSetName = "Simple")] public string[]? Path { get; set; }
    [Parameter(ParameterSetName = "Simple")] public string[]? ExcludePath { get; set; }
    [Parameter(ParameterSetName = "Simple"), Alias("Tag", "Tags")] public string[]? TagFilter { get; set; }
    [Parameter(ParameterSetName = "Simple"), Alias("ExcludeTag")] public string[]? ExcludeTagFilter { get; set; }
    [Parameter(ParameterSetName = "Simple"), Alias("TestName")] public string[]? FullNameFilter { get; set; }
    [Parameter(ParameterSetName = "Simple"), ValidateSet("None", "Normal", "Detailed", "Diagnostic")] public string? Output { get; set; }
    [Parameter(ParameterSetName = "Simple")] public SwitchParameter PassThru { get; set; }
    [Parameter(ParameterSetName = "Simple")] public SwitchParameter CI { get; set; }
    [Parameter(ParameterSetName = "Advanced", Mandatory = true)] public PesterConfiguration? Configuration { get; set; }

    protected override void EndProcessing()
    {
        if (TestSession.Current is not null) throw new PSInvalidOperationException("Tests are being run already; use a fresh process to run others from inside one.");
        var configuration = Configuration ?? FromParameters();
        var report = new TestReport(Host.UI, configuration.Output.Verbosity);
        var session = TestSession.Current = new TestSession();
        var keywords = StandIns.Keywords().ToList();
        foreach (var (keyword, command) in keywords) SessionState.InvokeProvider.Item.Set("alias:" + keyword, command);
        try
        {
            var result = Run(session, configuration, report);
            report.Summary(result);
            if (configuration.Run.PassThru) WriteObject(result);
            var failures = result.FailedCount + result.FailedBlocksCount + result.FailedContainersCount;
            if (failures > 0 && configuration.Run.Throw) throw new RuntimeException($"Pester run failed, because {failures} tests, blocks or files failed.");
            if (configuration.Run.Exit) InvokeCommand.InvokeScript("exit " + failures.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        finally
        {
            foreach (var (keyword, _) in keywords) EngineInternals.CallSessionState(SessionState, "RemoveAlias", keyword, true);
            TestSession.Current = null;
        }
    }

    private PesterConfiguration FromParameters()
    {
        var configuration = new PesterConfiguration();
        if (Path is not null) configuration.Run.Path = Path;
        if (ExcludePath is not null) configuration.Run.ExcludePath = ExcludePath;
        if (TagFilter is not null) configuration.Filter.Tag = TagFilter;
        if (ExcludeTagFilter is not null) configuration.Filter.ExcludeTag = ExcludeTagFilter;
        if (FullNameFilter is not null) configuration.Filter.FullName = FullNameFilter;
        if (Output is not null) configuration.Output.Verbosity = Output;
        configuration.Run.PassThru = PassThru;
        configuration.Run.Exit = CI;
        return configuration;
    }

    private TestRunResult Run(TestSession session, PesterConfiguration configuration, TestReport report)
    {
        var watch = Stopwatch.StartNew();
        var failed = new List<string>();
        var files = new List<(string Path, TestBlock Root)>();
        foreach (var path in FindFiles(configuration.Run))
        {
            var root = new TestBlock(null, "File", path, ScriptBlock.Create(""), [], skip: false, hasData: false, data: null);
            if (Discover(session, path, root) is not { } error)
            {
                files.Add((path, root));
                continue;
            }

            failed.Add(path);
            report.Container(path, "[-] Discovery failed in");
            report.Error(1, error);
        }

        foreach (var (path, root) in files)
        {
            foreach (var test in root.Tests()) test.ShouldRun = IsWanted(test, configuration.Filter);
            if (!root.Tests().Any(static t => t.ShouldRun)) continue;
            report.Container(path, "Running tests from");
            using var drive = new TestDrive(SessionState);
            var location = SessionState.Path.CurrentLocation.Path;
            var runner = new TestRunner(session, report, drive);
            if (root.HasWork()) InvokeCommand.InvokeScript(useLocalScope: true, TestRunner.Script, null, runner, root);
            else
                foreach (var skipped in runner.ChildrenOf(root)) Debug.Assert(skipped is null, "A file without work has nothing to run.");
            if (Directory.Exists(SessionState.Path.CurrentFileSystemLocation.ProviderPath) is false || SessionState.Path.CurrentLocation.Path != location) SessionState.Path.SetLocation(location);
        }

        return new TestRunResult(files.Select(static f => f.Root), failed, watch.Elapsed);
    }

    private ErrorRecord? Discover(TestSession session, string path, TestBlock root)
    {
        session.Discovering = root;
        try
        {
            var output = InvokeCommand.InvokeScript(useLocalScope: true, s_discover, null, path);
            return output.Select(static o => o?.BaseObject).OfType<ErrorRecord>().FirstOrDefault();
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            return new ErrorRecord(e.ErrorRecord, e);
        }
        finally
        {
            session.Discovering = null;
        }
    }

    private IEnumerable<string> FindFiles(RunConfiguration run)
    {
        var excluded = run.ExcludePath.SelectMany(Expand).ToHashSet(StringComparer.Ordinal);
        foreach (var path in run.Path.SelectMany(Expand))
        {
            var found = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.Tests.ps1", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : Enumerable.Repeat(path, 1);
            foreach (var file in found)
                if (!excluded.Contains(file) && !excluded.Any(e => file.StartsWith(e + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))) yield return file;
        }
    }

    private IEnumerable<string> Expand(string path) => SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _);

    private static bool IsWanted(TestCase test, FilterConfiguration filter)
    {
        var tags = test.Ancestors().Aggregate(test.Tag.AsEnumerable(), static (all, block) => all.Concat(block.Tag)).ToList();
        bool HasTag(string[] patterns) => Array.Exists(patterns, p => tags.Exists(t => new WildcardPattern(p, WildcardOptions.IgnoreCase).IsMatch(t)));
        if (filter.ExcludeTag.Length > 0 && HasTag(filter.ExcludeTag)) return false;
        if (filter.Tag.Length > 0 && !HasTag(filter.Tag)) return false;
        return filter.FullName.Length == 0 || Array.Exists(filter.FullName, p => new WildcardPattern(p, WildcardOptions.IgnoreCase).IsMatch(test.ExpandedPath));
    }
}
