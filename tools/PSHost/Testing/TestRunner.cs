using System.Diagnostics;
using System.Text.RegularExpressions;

namespace CheckpointRestart.PSHost.Testing;

/// <summary>
/// Runs a discovered file. The scopes are PowerShell's own: a block is a script block that is called, its BeforeAll is dot-sourced into it, its
/// children are called from inside it; a test is called, with BeforeEach and AfterEach dot-sourced around its body.
/// </summary>
public sealed partial class TestRunner
{
    private static readonly ScriptBlock s_block = ScriptBlock.Create("""
        param($__run, $__block)
        $__run.Enter($__block, $ExecutionContext)
        try { foreach ($__script in $__run.SetupOf($__block)) { do { $null = . $__script } until ($true) } }
        catch { $__run.SetupFailed($__block, $_) }
        foreach ($__child in $__run.ChildrenOf($__block)) { & $__run.ScriptFor($__child) $__run $__child }
        foreach ($__script in $__run.TeardownOf($__block)) {
            try { do { $null = . $__script } until ($true) }
            catch { $__run.TeardownFailed($__block, $_) }
        }
        $__run.Leave($__block)
        """);

    private static readonly ScriptBlock s_test = ScriptBlock.Create("""
        param($__run, $__test)
        $__run.Enter($__test, $ExecutionContext)
        try {
            foreach ($__script in $__run.SetupOf($__test)) { do { $null = . $__script } until ($true) }
            $__run.Prepared($__test, $ExecutionContext)
            do { $null = . $__test.Body } until ($true)
        }
        catch { $__run.Failed($__test, $_) }
        foreach ($__script in $__run.TeardownOf($__test)) {
            try { do { $null = . $__script } until ($true) }
            catch { $__run.Failed($__test, $_) }
        }
        $__run.Leave($__test)
        """);

    private readonly TestSession _session;
    private readonly TestReport _report;
    private readonly TestDrive _drive;
    private readonly Dictionary<TestNode, long> _started = [];
    private readonly Dictionary<TestNode, HashSet<string>> _files = [];

    internal TestRunner(TestSession session, TestReport report, TestDrive drive) => (_session, _report, _drive) = (session, report, drive);

    internal static ScriptBlock Script => s_block;

    public object ScriptFor(TestNode node) => node is TestCase ? s_test : s_block;

    public IEnumerable<ScriptBlock> SetupOf(TestNode node) => node is TestCase test ? test.Setup() : ((TestBlock)node).BeforeAll;

    public IEnumerable<ScriptBlock> TeardownOf(TestNode node) =>
        node is TestCase test ? test.Teardown() : ((TestBlock)node).AfterAll;

    /// <summary>The children that run; those that do not are reported on the way.</summary>
    public IEnumerable<TestNode> ChildrenOf(TestBlock block)
    {
        var broken = block.Result == TestResult.Failed;
        foreach (var child in block.Children)
        {
            if (broken) Break(child, block.ErrorRecord);
            else if (child is TestCase { ShouldRun: false }) continue;
            else if (child is TestCase { Skip: true } skipped) SkipTest(skipped);
            else if (child is TestBlock inner && !inner.HasWork()) Pass(inner);
            else yield return child;
        }
    }

    public void Enter(TestNode node, EngineIntrinsics engine)
    {
        _session.Running.Add(node);
        node.DefineData(engine.SessionState);
        // A block's name may use the data of its own -ForEach and what BeforeAll of the blocks around it has set.
        if (node is TestBlock block)
        {
            node.ExpandedName = Expand(node.Name, engine);
            _files[node] = _drive.Snapshot();
            _report.Block(block);
        }

        _started[node] = Stopwatch.GetTimestamp();
    }

    /// <summary>Before the body of a test: its name may use what BeforeEach has set.</summary>
    public void Prepared(TestCase test, EngineIntrinsics engine) => test.ExpandedName = Expand(test.Name, engine);

    public void SetupFailed(TestBlock block, ErrorRecord error)
    {
        block.Result = TestResult.Failed;
        block.ErrorRecord.Add(error);
    }

    public void TeardownFailed(TestBlock block, ErrorRecord error)
    {
        SetupFailed(block, error);
        _report.BlockFailed(block, "AfterAll", error);
    }

    public void Failed(TestCase test, ErrorRecord error)
    {
        if (SetItResultCommand.ResultOf(error) is { } result)
        {
            test.Result = result;
            test.ErrorRecord.Add(error);
            return;
        }

        test.Result = TestResult.Failed;
        test.ErrorRecord.Add(error);
    }

    public void Leave(TestNode node)
    {
        node.Duration = Stopwatch.GetElapsedTime(_started[node]);
        if (node.Result == TestResult.NotRun) node.Result = TestResult.Passed;
        _session.Mocks.Leave(node);
        _session.Running.Remove(node);
        if (node is TestCase test) _report.Test(test);
        else _drive.RemoveAllBut(_files[node]);
    }

    private void SkipTest(TestCase test)
    {
        test.Result = TestResult.Skipped;
        _report.Test(test);
    }

    private void Pass(TestBlock block)
    {
        // Nothing runs below: no setup either, but what is skipped is reported.
        if (!block.Tests().Any(static t => t.ShouldRun)) return;
        _report.Block(block);
        foreach (var child in block.Children)
        {
            if (child is TestCase { ShouldRun: true } test) SkipTest(test);
            else if (child is TestBlock inner) Pass(inner);
        }
    }

    private void Break(TestNode node, List<ErrorRecord> errors)
    {
        if (node is TestBlock block)
        {
            if (!block.Tests().Any(static t => t.ShouldRun)) return;
            _report.Block(block);
            foreach (var child in block.Children) Break(child, errors);
        }
        else if (node is TestCase { ShouldRun: true } test)
        {
            test.Result = test.Skip ? TestResult.Skipped : TestResult.Failed;
            if (!test.Skip) test.ErrorRecord.AddRange(errors);
            _report.Test(test);
        }
    }

    /// <summary>Fills in <c>&lt;name&gt;</c> and <c>&lt;name.property&gt;</c>; what is no variable stays as written.</summary>
    private static string Expand(string name, EngineIntrinsics engine) =>
        name.Contains('<', StringComparison.Ordinal) ? Placeholder().Replace(name, match => Evaluate(match, engine)) : name;

    private static string Evaluate(Match match, EngineIntrinsics engine)
    {
        if (match.Value[0] == '`') return match.Value[1..];
        var path = match.Groups["path"].Value.Split('.');
        if (engine.SessionState.PSVariable.Get(path[0]) is not { } variable) return match.Value;
        var value = variable.Value;
        foreach (var part in path.Skip(1))
        {
            var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
            value = plain is IDictionary table && table.Contains(part) ? table[part] : value is null ? null : PSObject.AsPSObject(value).Properties[part]?.Value;
        }

        return value switch
        {
            null => "$null",
            _ when (value is PSObject p ? p.BaseObject : value) is IEnumerable list and not string and not IDictionary => string.Join(", ", list.Cast<object?>().Select(static i => i?.ToString() ?? "$null")),
            _ => LanguagePrimitives.ConvertTo<string>(value),
        };
    }

    [GeneratedRegex(@"`<|<(?<path>[A-Za-z_]\w*(\.\w+)*)>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
