namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Should -Invoke and -InvokeVerifiable: how often a mock was called.</summary>
internal static class MockAssertions
{
    internal static readonly Assertion[] Table = [new("Invoke", Invoke), new("InvokeVerifiable", Verifiable)];

    private static Outcome Invoke(ShouldCommand should, object? actual)
    {
        var session = TestSession.Require("Should -Invoke");
        var command = should.ExpectedValue?.ToString() ?? "";
        var filter = should.ParameterFilter ?? should.ExclusiveFilter;
        var calls = session.Mocks.Calls(should.SessionState, command, should.ModuleName, ScopeOf(session, should.Scope));
        var count = calls.Count(c => filter is null || Mocking.MockTable.Accepts(filter, c));
        var others = should.ExclusiveFilter is null ? 0 : calls.Count - count;
        var enough = (should.Exactly ? count == should.Times : should.Times == 0 ? count == 0 : count >= should.Times) && others == 0;
        var words = $"{(should.Exactly ? "exactly" : "at least")} {should.Times} times";
        return new Outcome(enough, $"Expected {command} to be called {words},{{because}} but was called {count} times{(others > 0 ? $" and {others} times with other parameters" : "")}.", $"Expected {command} not to be called {words},{{because}} but it was called {count} times.");
    }

    private static Outcome Verifiable(ShouldCommand should, object? actual)
    {
        var uncalled = TestSession.Require("Should -InvokeVerifiable").Mocks.UncalledVerifiable();
        return new Outcome(uncalled.Count == 0, $"Expected all verifiable mocks to be called,{{because}} but these were not: {string.Join(", ", uncalled)}.", "Expected no verifiable mocks to be called,{because} but they were.");
    }

    /// <summary>The node whose calls count: the test itself, or the block around it that is named.</summary>
    private static TestNode ScopeOf(TestSession session, object? scope)
    {
        var running = session.Running;
        switch (scope)
        {
            case null: return running[^1];
            case "It": return running.Last(static n => n is TestCase);
            case "Describe" or "Context": return running.Last(n => n is TestBlock { Kind: var kind } && kind.Equals(scope.ToString(), StringComparison.OrdinalIgnoreCase));
            default: return running[^(1 + LanguagePrimitives.ConvertTo<int>(scope))];
        }
    }
}
