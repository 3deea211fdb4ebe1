namespace CheckpointRestart.PSHost.Testing;

/// <summary>The test run that is going on in this process; commands such as Describe and Mock belong to it.</summary>
internal sealed class TestSession
{
    internal static TestSession? Current { get; set; }

    internal static TestSession Require(string command) =>
        Current ?? throw new PSInvalidOperationException($"{command} belongs in a test file, which Invoke-Pester runs.");

    /// <summary>The block that is being discovered; null while tests run.</summary>
    internal TestBlock? Discovering { get; set; }

    /// <summary>What is being run, the file first.</summary>
    internal List<TestNode> Running { get; } = [];

    internal Mocking.MockTable Mocks { get; } = new();

    internal TestBlock RequireDiscovery(string command) =>
        Discovering ?? throw new PSInvalidOperationException($"{command} cannot be used while tests run: put it into the file, a Describe or a Context.");
}
