namespace CheckpointRestart.PSHost.Testing;

/// <summary>Base of Describe, Context and It: name, body, tags, data.</summary>
public abstract class DefinitionCommand : PSCmdlet
{
    private static readonly object?[] s_once = [null];

    [Parameter(Mandatory = true, Position = 0)] public string Name { get; set; } = "";
    [Parameter(Position = 1)] public ScriptBlock? Body { get; set; }
    [Parameter, Alias("Tags")] public string[] Tag { get; set; } = [];
    [Parameter, Alias("TestCases"), AllowNull, AllowEmptyCollection] public object?[]? ForEach { get; set; }
    [Parameter] public SwitchParameter Skip { get; set; }
    [Parameter] public SwitchParameter AllowNullOrEmptyForEach { get; set; }

    private protected bool HasData => MyInvocation.BoundParameters.ContainsKey(nameof(ForEach));

    private protected IEnumerable<object?> Items => HasData ? ForEach ?? [] : s_once;

    private protected ScriptBlock RequiredBody => Body ?? throw new PSArgumentException($"'{Name}' has no script block. (Is its opening brace on the next line?)");
}

/// <summary>Base of Describe and Context: the body is run at once, to find the tests in it.</summary>
public abstract class BlockCommand : DefinitionCommand
{
    private static readonly ScriptBlock s_discover = ScriptBlock.Create("param($__block) $__block.DefineDataIn($ExecutionContext.SessionState); try { $null = . $__block.Body } catch { throw }");

    private protected abstract string Kind { get; }

    protected override void EndProcessing()
    {
        var session = TestSession.Require(Kind);
        var parent = session.RequireDiscovery(Kind);
        var body = RequiredBody;
        foreach (var item in Items)
        {
            var block = new TestBlock(parent, Kind, Name, body, Tag, Skip, HasData, item);
            parent.Children.Add(block);
            session.Discovering = block;
            try { InvokeCommand.InvokeScript(useLocalScope: true, s_discover, null, new DiscoveredBlock(block)); }
            finally { session.Discovering = parent; }
        }
    }
}

/// <summary>A block as the discovery script sees it.</summary>
public sealed class DiscoveredBlock
{
    private readonly TestBlock _block;

    internal DiscoveredBlock(TestBlock block) => _block = block;

    public ScriptBlock Body => _block.Body;

    public void DefineDataIn(SessionState state) => _block.DefineData(state);
}

/// <summary>Describe.</summary>
[Cmdlet(VerbsCommon.Add, "DescribeBlock"), StandIn(TestingModule, Keyword = "Describe")]
public sealed class DescribeCommand : BlockCommand
{
    private protected override string Kind => "Describe";
}

/// <summary>Context.</summary>
[Cmdlet(VerbsCommon.Add, "ContextBlock"), StandIn(TestingModule, Keyword = "Context")]
public sealed class ContextCommand : BlockCommand
{
    private protected override string Kind => "Context";
}

/// <summary>It.</summary>
[Cmdlet(VerbsCommon.Add, "ItTest"), StandIn(TestingModule, Keyword = "It")]
public sealed class ItCommand : DefinitionCommand
{
    [Parameter] public SwitchParameter Pending { get; set; }

    protected override void EndProcessing()
    {
        var parent = TestSession.Require("It").RequireDiscovery("It");
        var body = RequiredBody;
        foreach (var item in Items) parent.Children.Add(new TestCase(parent, Name, body, Tag, Skip || Pending, HasData, item));
    }
}

/// <summary>Base of the four setup commands.</summary>
public abstract class SetupCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)] public ScriptBlock Scriptblock { get; set; } = ScriptBlock.Create("");

    private protected TestBlock Block => TestSession.Require(MyInvocation.InvocationName).RequireDiscovery(MyInvocation.InvocationName);
}

/// <summary>BeforeAll: once, before the first test of its block.</summary>
[Cmdlet(VerbsCommon.Add, "BeforeAllScript"), StandIn(TestingModule, Keyword = "BeforeAll")]
public sealed class BeforeAllCommand : SetupCommand
{
    protected override void EndProcessing() => Block.BeforeAll.Add(Scriptblock);
}

/// <summary>AfterAll: once, after the last test of its block.</summary>
[Cmdlet(VerbsCommon.Add, "AfterAllScript"), StandIn(TestingModule, Keyword = "AfterAll")]
public sealed class AfterAllCommand : SetupCommand
{
    protected override void EndProcessing() => Block.AfterAll.Add(Scriptblock);
}

/// <summary>BeforeEach: before each test, in the test's own scope.</summary>
[Cmdlet(VerbsCommon.Add, "BeforeEachScript"), StandIn(TestingModule, Keyword = "BeforeEach")]
public sealed class BeforeEachCommand : SetupCommand
{
    protected override void EndProcessing() => Block.BeforeEach.Add(Scriptblock);
}

/// <summary>AfterEach: after each test, in the test's own scope.</summary>
[Cmdlet(VerbsCommon.Add, "AfterEachScript"), StandIn(TestingModule, Keyword = "AfterEach")]
public sealed class AfterEachCommand : SetupCommand
{
    protected override void EndProcessing() => Block.AfterEach.Add(Scriptblock);
}

/// <summary>BeforeDiscovery: at once, in the scope that it stands in.</summary>
[Cmdlet(VerbsCommon.Add, "BeforeDiscoveryScript"), StandIn(TestingModule, Keyword = "BeforeDiscovery")]
public sealed class BeforeDiscoveryCommand : SetupCommand
{
    protected override void EndProcessing()
    {
        _ = Block;
        InvokeCommand.InvokeScript(useLocalScope: false, Scriptblock, null);
    }
}
