namespace CheckpointRestart.PSHost.Testing;

/// <summary>How a test or block ended.</summary>
public enum TestResult
{
    NotRun,
    Passed,
    Failed,
    Skipped,
    Inconclusive,
}

/// <summary>What blocks and tests have in common: a name, tags, data, and a place in the tree.</summary>
public abstract class TestNode
{
    private protected TestNode(TestBlock? parent, string name, ScriptBlock body, string[] tags, bool skip, bool hasData, object? data)
    {
        Parent = parent;
        Name = ExpandedName = name;
        Body = body;
        Tag = tags;
        Skip = skip || parent is { Skip: true };
        HasData = hasData;
        Data = data;
    }

    public TestBlock? Parent { get; }
    public string Name { get; }

    /// <summary>The name with <c>&lt;expressions&gt;</c> filled in, once the node has run.</summary>
    public string ExpandedName { get; internal set; }

    public ScriptBlock Body { get; }
    public string[] Tag { get; }
    public bool Skip { get; }
    public object? Data { get; }
    public TestResult Result { get; internal set; }
    public List<ErrorRecord> ErrorRecord { get; } = [];
    public TimeSpan Duration { get; internal set; }
    public abstract bool IsTest { get; }

    /// <summary>The names from the outermost block down, joined by dots.</summary>
    public string ExpandedPath => Parent is { IsRoot: false } ? Parent.ExpandedPath + "." + ExpandedName : ExpandedName;

    internal bool HasData { get; }

    internal bool ShouldRun { get; set; } = true;

    internal int Depth => Parent is null ? -1 : Parent.Depth + 1;

    internal IEnumerable<TestBlock> Ancestors()
    {
        for (var block = Parent; block is not null; block = block.Parent) yield return block;
    }

    /// <summary>Defines the data of -ForEach in the current scope: <c>$_</c>, and a variable for each key of a table.</summary>
    internal void DefineData(SessionState state)
    {
        if (!HasData) return;
        state.PSVariable.Set("_", Data);
        if ((Data is PSObject wrapped ? wrapped.BaseObject : Data) is not IDictionary table) return;
        foreach (DictionaryEntry entry in table) state.PSVariable.Set(entry.Key.ToString(), entry.Value);
    }
}

/// <summary>A Describe or Context, or the file that holds them.</summary>
public sealed class TestBlock : TestNode
{
    internal TestBlock(TestBlock? parent, string kind, string name, ScriptBlock body, string[] tags, bool skip, bool hasData, object? data)
        : base(parent, name, body, tags, skip, hasData, data) => Kind = kind;

    public string Kind { get; }
    public bool IsRoot => Parent is null;
    public override bool IsTest => false;
    public List<TestNode> Children { get; } = [];
    public List<ScriptBlock> BeforeAll { get; } = [];
    public List<ScriptBlock> AfterAll { get; } = [];
    public List<ScriptBlock> BeforeEach { get; } = [];
    public List<ScriptBlock> AfterEach { get; } = [];

    internal IEnumerable<TestCase> Tests() => Children.SelectMany(static c => c is TestCase test ? [test] : ((TestBlock)c).Tests());

    /// <summary>True when a test below is to be run: without one there is no setup either.</summary>
    internal bool HasWork() => Tests().Any(static t => t.ShouldRun && !t.Skip);
}

/// <summary>One It, once for each item of its data.</summary>
public sealed class TestCase : TestNode
{
    internal TestCase(TestBlock parent, string name, ScriptBlock body, string[] tags, bool skip, bool hasData, object? data)
        : base(parent, name, body, tags, skip, hasData, data)
    {
    }

    public override bool IsTest => true;

    /// <summary>Setup of every enclosing block, the outermost first.</summary>
    internal List<ScriptBlock> Setup() => [.. Ancestors().Reverse().SelectMany(static b => b.BeforeEach)];

    /// <summary>Teardown of every enclosing block, the innermost first.</summary>
    internal List<ScriptBlock> Teardown() => [.. Ancestors().SelectMany(static b => b.AfterEach)];
}
