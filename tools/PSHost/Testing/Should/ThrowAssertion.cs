namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Should -Throw: an error that ends the script block, with a message, an id or a type.</summary>
internal static class ThrowAssertion
{
    internal static readonly Assertion[] Table = [new("Throw", Check)];

    private static Outcome Check(ShouldCommand should, object? actual)
    {
        if (Comparison.Plain(actual) is not ScriptBlock script) throw new PSArgumentException("Input is missing or not a ScriptBlock. Input to '-Throw' and '-Not -Throw' must be enclosed in curly braces.");
        var error = should.Run(script);
        // A failed inner assertion or a skip is meant for the test, unless it is exactly what is being tested.
        var wanted = new List<string>();
        var got = new List<string>();
        if (should.ExpectedValue is { } message)
        {
            wanted.Add($"message like {Comparison.Show(message)}");
            if (error is not null && !new WildcardPattern(message.ToString(), WildcardOptions.IgnoreCase).IsMatch(error.Exception.Message) && error.Exception.Message != message.ToString()) got.Add($"the message was {Comparison.Show(error.Exception.Message)}");
        }

        if (should.ErrorId is { } id)
        {
            wanted.Add($"FullyQualifiedErrorId '{id}'");
            if (error is not null && !new WildcardPattern(id, WildcardOptions.IgnoreCase).IsMatch(error.FullyQualifiedErrorId)) got.Add($"the FullyQualifiedErrorId was '{error.FullyQualifiedErrorId}'");
        }

        if (should.ExceptionType is { } type)
        {
            wanted.Add($"type [{type}]");
            if (error is not null && !type.IsInstanceOfType(error.Exception)) got.Add($"the exception type was [{error.Exception.GetType()}]");
        }

        var what = "an exception" + (wanted.Count > 0 ? " with " + string.Join(", ", wanted) : "");
        var thrown = error is null ? "" : $" {Comparison.Show(error.Exception.Message)} from {error.InvocationInfo?.PositionMessage}";
        return new Outcome(
            error is not null && got.Count == 0,
            $"Expected {what} to be thrown,{{because}} but {(error is null ? "no exception was thrown" : string.Join(" and ", got) + "." + thrown)}.",
            $"Expected {what} to not be thrown,{{because}} but an exception was thrown:{thrown}",
            error);
    }
}
