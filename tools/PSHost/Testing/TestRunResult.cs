namespace CheckpointRestart.PSHost.Testing;

/// <summary>What Invoke-Pester -PassThru gives; the names are Pester's.</summary>
public sealed class TestRunResult
{
    internal TestRunResult(IEnumerable<TestBlock> files, IEnumerable<string> failedContainers, TimeSpan duration)
    {
        Containers = [.. files];
        FailedContainers = [.. failedContainers];
        Duration = duration;
        Tests = [.. Containers.SelectMany(static f => f.Tests())];
        FailedBlocks = [.. Containers.SelectMany(Blocks).Where(static b => b.Result == TestResult.Failed)];
    }

    public TestBlock[] Containers { get; }
    public string[] FailedContainers { get; }
    public TestBlock[] FailedBlocks { get; }
    public TestCase[] Tests { get; }
    public TimeSpan Duration { get; }
    public int PassedCount => Count(TestResult.Passed);
    public int FailedCount => Count(TestResult.Failed);
    public int SkippedCount => Count(TestResult.Skipped);
    public int InconclusiveCount => Count(TestResult.Inconclusive);
    public int NotRunCount => Count(TestResult.NotRun);
    public int TotalCount => Tests.Length;
    public int FailedBlocksCount => FailedBlocks.Length;
    public int FailedContainersCount => FailedContainers.Length;
    public IEnumerable<TestCase> Passed => Tests.Where(static t => t.Result == TestResult.Passed);
    public IEnumerable<TestCase> Failed => Tests.Where(static t => t.Result == TestResult.Failed);
    public IEnumerable<TestCase> Skipped => Tests.Where(static t => t.Result == TestResult.Skipped);
    public string Result => FailedCount + FailedBlocksCount + FailedContainersCount == 0 ? "Passed" : "Failed";

    private int Count(TestResult result) => Tests.Count(t => t.Result == result);

    private static IEnumerable<TestBlock> Blocks(TestBlock block) => block.Children.OfType<TestBlock>().SelectMany(Blocks).Prepend(block);
}
