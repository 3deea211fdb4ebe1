namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Whether an assertion holds, and what to say when it should or should not; <c>{because}</c> stands for the given reason.</summary>
internal readonly record struct Outcome(bool Succeeded, string Message, string NegatedMessage, object? Result = null);

/// <summary>One operator of Should.</summary>
internal sealed record Assertion(string Name, Func<ShouldCommand, object?, Outcome> Check, bool TakesArray = false)
{
    internal static IReadOnlyList<Assertion> All { get; } = [.. ValueAssertions.Table, .. TextAssertions.Table, .. ThrowAssertion.Table, .. ParameterAssertion.Table, .. MockAssertions.Table];
}
