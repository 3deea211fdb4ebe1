namespace CheckpointRestart.PSHost.Testing.Mocking;

/// <summary>Mock: replaces a command by a function with the same parameters, for the test or block that it stands in.</summary>
[Cmdlet("Set", "TestMock"), StandIn(TestingModule, Keyword = "Mock")]
public sealed class MockCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)] public string CommandName { get; set; } = "";
    [Parameter(Position = 1)] public ScriptBlock MockWith { get; set; } = ScriptBlock.Create("");
    [Parameter] public SwitchParameter Verifiable { get; set; }
    [Parameter] public ScriptBlock? ParameterFilter { get; set; }
    [Parameter] public string? ModuleName { get; set; }
    [Parameter] public string[] RemoveParameterType { get; set; } = [];
    [Parameter] public string[] RemoveParameterValidation { get; set; } = [];

    protected override void EndProcessing()
    {
        var session = TestSession.Require("Mock");
        if (session.Running.Count == 0) throw new PSInvalidOperationException("Mock belongs in It, BeforeEach or BeforeAll.");
        var module = ModuleName is null ? null : Mocking.ModuleScope.Require(this, ModuleName);
        var mocked = session.Mocks.Find(MockTable.KeyOf(CommandName, ModuleName)) ?? Install(session, module);
        mocked.Behaviors.Add(new MockBehavior(session.Running[^1], MockWith, ParameterFilter, Verifiable));
    }

    private MockedCommand Install(TestSession session, PSModuleInfo? module)
    {
        var command = Resolve(module) ?? throw new CommandNotFoundException($"Could not find Command {CommandName}");
        while (command is AliasInfo { ResolvedCommand: { } target }) command = target;
        var key = MockTable.KeyOf(command.Name, ModuleName);
        if (session.Mocks.Find(key) is { } existing) return existing;

        // An alias comes before every command of its name, whatever the scope of that.
        var function = "PesterMock_" + Guid.NewGuid().ToString("N");
        InvokeProvider.Item.Set("function:global:" + function, Body(key, command));
        if (module is null) Run(s_setAlias, command.Name, function, "Global");
        else module.Invoke(s_setAlias, command.Name, function, "Script");
        var mocked = new MockedCommand(key, command, () =>
        {
            if (module is null) Run(s_removeAlias, command.Name);
            else module.Invoke(s_removeAlias, command.Name);
            InvokeProvider.Item.Remove("function:global:" + function, recurse: false);
        });
        session.Mocks.Add(mocked);
        return mocked;
    }

    private CommandInfo? Resolve(PSModuleInfo? module) => module is null
        ? InvokeCommand.GetCommand(CommandName, CommandTypes.All)
        : (CommandInfo?)(module.Invoke(s_getCommand, CommandName) as PSObject)?.BaseObject;

    private void Run(ScriptBlock script, params object[] arguments) => InvokeCommand.InvokeScript(useLocalScope: false, script, null, arguments);

    private static ScriptBlock Body(string key, CommandInfo command)
    {
        var (header, parameters) = ("", "");
        if (command is CmdletInfo or FunctionInfo or ExternalScriptInfo)
        {
            var metadata = new CommandMetadata(command);
            if (command is CmdletInfo or FunctionInfo { CmdletBinding: true }) header = ProxyCommand.GetCmdletBindingAttribute(metadata);
            parameters = ProxyCommand.GetParamBlock(metadata);
        }

        return ScriptBlock.Create($$"""
            {{header}}
            param({{parameters}})
            end { [{{typeof(MockDispatch).FullName}}]::Run('{{key.Replace("'", "''", StringComparison.Ordinal)}}', $PSBoundParameters, $args, @($input), $ExecutionContext) }
            """);
    }

    private static readonly ScriptBlock s_getCommand = ScriptBlock.Create("param($name) Get-Command -Name $name -ErrorAction Ignore");
    private static readonly ScriptBlock s_setAlias = ScriptBlock.Create("param($name, $function, $scope) Set-Alias -Name $name -Value $function -Scope $scope -Force");
    private static readonly ScriptBlock s_removeAlias = ScriptBlock.Create("param($name) Remove-Item -LiteralPath \"alias:$name\" -Force");
}

/// <summary>Where the functions of mocks go.</summary>
public static class MockDispatch
{
    public static object? Run(string key, IDictionary<string, object?> bound, object?[] arguments, object?[] input, EngineIntrinsics engine)
    {
        var session = TestSession.Require("A mock");
        var command = session.Mocks.Find(key) ?? throw new PSInvalidOperationException($"{key} is mocked no longer.");
        var parameters = new Dictionary<string, object?>(bound, StringComparer.OrdinalIgnoreCase);
        if (session.Mocks.Call(command, parameters, arguments) is { } behavior)
        {
            var variables = parameters.Where(static p => !IsCommon(p.Key)).Select(static p => new PSVariable(p.Key, p.Value)).Append(new PSVariable("PesterBoundParameters", parameters)).ToList();
            var result = behavior.Body.InvokeWithContext(null, variables, arguments);
            return result.Count == 1 ? result[0] : result;
        }

        // No filter accepts the call: the command itself.
        return engine.InvokeCommand.InvokeScript("param($c, $b, $a, $i) if ($i.Count) { $i | & $c @b @a } else { & $c @b @a }", command.Original, (Hashtable)new Hashtable((IDictionary)parameters), arguments, input);
    }

    private static bool IsCommon(string parameter) => Cmdlet.CommonParameters.Contains(parameter) || Cmdlet.OptionalCommonParameters.Contains(parameter);
}
