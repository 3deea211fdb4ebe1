namespace CheckpointRestart.PSHost.Testing.Mocking;

/// <summary>One call of a mocked command.</summary>
internal sealed record MockCall(string Key, Dictionary<string, object?> Parameters, object?[] Arguments, List<TestNode> Running);

/// <summary>What a Mock says: for which arguments, and what to do.</summary>
internal sealed class MockBehavior(TestNode owner, ScriptBlock body, ScriptBlock? filter, bool verifiable)
{
    internal TestNode Owner { get; } = owner;
    internal ScriptBlock Body { get; } = body;
    internal ScriptBlock? Filter { get; } = filter;
    internal bool Verifiable { get; } = verifiable;
    internal bool Called { get; set; }
}

/// <summary>A command that a function stands in for, and what it did before.</summary>
internal sealed class MockedCommand(string key, CommandInfo original, Action remove)
{
    internal string Key { get; } = key;
    internal CommandInfo Original { get; } = original;
    internal Action Remove { get; } = remove;
    internal List<MockBehavior> Behaviors { get; } = [];
}

/// <summary>All mocks of a run. A mock lives as long as the test or block that it stands in.</summary>
internal sealed class MockTable
{
    private readonly Dictionary<string, MockedCommand> _commands = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<MockCall> _calls = [];

    internal static string KeyOf(string command, string? module) => module is null ? command : module + "\\" + command;

    internal MockedCommand? Find(string key) => _commands.GetValueOrDefault(key);

    internal void Add(MockedCommand command) => _commands[command.Key] = command;

    internal void Leave(TestNode node)
    {
        foreach (var command in _commands.Values.ToList())
        {
            command.Behaviors.RemoveAll(b => b.Owner == node);
            if (command.Behaviors.Count > 0) continue;
            command.Remove();
            _commands.Remove(command.Key);
        }

        if (node is TestBlock { IsRoot: true }) _calls.Clear();
    }

    internal List<MockCall> Calls(SessionState state, string command, string? module, TestNode scope)
    {
        var key = KeyOf(command, module);
        if (!_commands.ContainsKey(key) && state.InvokeCommand.GetCommand(command, CommandTypes.Alias) is AliasInfo { ResolvedCommand: { } target }) key = KeyOf(target.Name, module);
        if (!_commands.ContainsKey(key)) throw new PSArgumentException($"Should -Invoke: there is no mock of {key}.");
        return _calls.FindAll(c => c.Key.Equals(key, StringComparison.OrdinalIgnoreCase) && c.Running.Contains(scope));
    }

    internal List<string> UncalledVerifiable() => [.. _commands.Values.Where(static c => c.Behaviors.Exists(static b => b.Verifiable && !b.Called)).Select(static c => c.Key)];

    /// <summary>Notes a call and gives the behaviour for it: of those whose filter accepts it the last one, of those without a filter the last one otherwise.</summary>
    internal MockBehavior? Call(MockedCommand command, Dictionary<string, object?> parameters, object?[] arguments)
    {
        var call = new MockCall(command.Key, parameters, arguments, [.. TestSession.Current!.Running]);
        _calls.Add(call);
        var behavior = command.Behaviors.FindLast(b => b.Filter is not null && Accepts(b.Filter, call)) ?? command.Behaviors.FindLast(static b => b.Filter is null);
        behavior?.Called = true;
        return behavior;
    }

    internal static bool Accepts(ScriptBlock filter, MockCall call)
    {
        var variables = call.Parameters.Select(static p => new PSVariable(p.Key, p.Value)).Append(new PSVariable("PesterBoundParameters", call.Parameters)).ToList();
        var result = filter.InvokeWithContext(null, variables, call.Arguments);
        return result.Count > 0 && LanguagePrimitives.IsTrue(result[^1]);
    }
}
