namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Operators on values and collections.</summary>
internal static class ValueAssertions
{
    internal static readonly Assertion[] Table =
    [
        new("Be", static (s, a) => Equal(s, a, caseSensitive: false), TakesArray: true),
        new("BeExactly", static (s, a) => Equal(s, a, caseSensitive: true), TakesArray: true),
        new("BeGreaterThan", static (s, a) => Ordered(s, a, "greater than", static c => c > 0)),
        new("BeGreaterOrEqual", static (s, a) => Ordered(s, a, "greater than or equal to", static c => c >= 0)),
        new("BeLessThan", static (s, a) => Ordered(s, a, "less than", static c => c < 0)),
        new("BeLessOrEqual", static (s, a) => Ordered(s, a, "less than or equal to", static c => c <= 0)),
        new("BeIn", In),
        new("BeTrue", static (_, a) => Truth(a, wanted: true)),
        new("BeFalse", static (_, a) => Truth(a, wanted: false)),
        new("BeNullOrEmpty", NullOrEmpty, TakesArray: true),
        new("BeOfType", OfType),
        new("Contain", Contain, TakesArray: true),
        new("HaveCount", Count, TakesArray: true),
    ];

    private static Outcome Equal(ShouldCommand should, object? actual, bool caseSensitive)
    {
        var expected = should.ExpectedValue;
        var (shownActual, shownExpected) = (Comparison.Show(actual), Comparison.Show(expected));
        var message = $"Expected {shownExpected},{{because}} but got {shownActual}.";
        if (Comparison.Plain(expected) is string e && Comparison.Plain(actual) is string a)
            message = "Expected strings to be the same,{because} but they were different.\n" + Comparison.Difference(a, e, caseSensitive);
        else if (shownActual == shownExpected)
            message = $"Expected {shownExpected} of type {Comparison.Plain(expected)?.GetType()},{{because}} but got {shownActual} of type {Comparison.Plain(actual)?.GetType()}.";
        return new Outcome(Comparison.AreEqual(actual, expected, caseSensitive), message, $"Expected {shownExpected} to be different from the actual value,{{because}} but got the same value.");
    }

    private static Outcome Ordered(ShouldCommand should, object? actual, string words, Func<int, bool> holds)
    {
        var order = LanguagePrimitives.Compare(actual, should.ExpectedValue, ignoreCase: true, System.Globalization.CultureInfo.InvariantCulture);
        var (a, e) = (Comparison.Show(actual), Comparison.Show(should.ExpectedValue));
        return new Outcome(holds(order), $"Expected the actual value to be {words} {e},{{because}} but got {a}.", $"Expected the actual value not to be {words} {e},{{because}} but got {a}.");
    }

    private static Outcome In(ShouldCommand should, object? actual)
    {
        var list = Comparison.AsList(should.ExpectedValue);
        var (a, e) = (Comparison.Show(actual), Comparison.Show(should.ExpectedValue));
        return new Outcome(list.Exists(i => Comparison.ItemsAreEqual(actual, i, caseSensitive: false)), $"Expected collection {e} to contain {a},{{because}} but it was not found.", $"Expected collection {e} to not contain {a},{{because}} but it was found.");
    }

    private static Outcome Truth(object? actual, bool wanted)
    {
        var word = wanted ? "$true" : "$false";
        return new Outcome(LanguagePrimitives.IsTrue(actual) == wanted, $"Expected {word},{{because}} but got {Comparison.Show(actual)}.", $"Expected anything but {word},{{because}} but got {Comparison.Show(actual)}.");
    }

    private static Outcome NullOrEmpty(ShouldCommand should, object? actual)
    {
        var plain = Comparison.Plain(actual);
        var empty = plain switch
        {
            null => true,
            string text => text.Length == 0,
            IDictionary table => table.Count == 0,
            IEnumerable list => Comparison.AsList(list) is { Count: 0 } or [null or ""],
            _ => false,
        };
        return new Outcome(empty, $"Expected $null or empty,{{because}} but got {Comparison.Show(actual)}.", "Expected a value,{because} but got $null or empty.");
    }

    private static Outcome OfType(ShouldCommand should, object? actual)
    {
        var type = Comparison.Plain(should.ExpectedValue) as Type;
        var name = type is null ? should.ExpectedValue?.ToString()?.Trim('[', ']') ?? "" : type.FullName!;
        if (type is null && !LanguagePrimitives.TryConvertTo(name, out type)) throw new PSArgumentException($"Could not find type [{name}]. Make sure that the assembly that contains it is loaded.");
        var matches = type!.IsInstanceOfType(Comparison.Plain(actual)) || type.IsInstanceOfType(actual);
        var got = Comparison.Plain(actual)?.GetType().FullName;
        return new Outcome(matches, $"Expected the value to have type [{name}] or any of its subtypes,{{because}} but got {Comparison.Show(actual)} with type {(got is null ? "$null" : "[" + got + "]")}.", $"Expected the value to have other type than [{name}] or any of its subtypes,{{because}} but got {Comparison.Show(actual)}.");
    }

    private static Outcome Contain(ShouldCommand should, object? actual)
    {
        var found = Comparison.AsList(actual).Exists(i => Comparison.ItemsAreEqual(i, should.ExpectedValue, caseSensitive: false));
        var (a, e) = (Comparison.Show(actual), Comparison.Show(should.ExpectedValue));
        return new Outcome(found, $"Expected {e} to be found in collection {a},{{because}} but it was not found.", $"Expected {e} to not be found in collection {a},{{because}} but it was found.");
    }

    private static Outcome Count(ShouldCommand should, object? actual)
    {
        var wanted = LanguagePrimitives.ConvertTo<int>(should.ExpectedValue);
        // $null piped on its own is one object.
        var count = actual is null ? 1 : Comparison.AsList(actual).Count;
        return new Outcome(count == wanted, $"Expected a collection with size {wanted},{{because}} but got collection with size {count} {Comparison.Show(actual)}.", $"Expected a collection with size different from {wanted},{{because}} but got collection with that size {Comparison.Show(actual)}.");
    }
}
