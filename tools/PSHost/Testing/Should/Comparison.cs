using System.Globalization;

namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Equality as the assertions have it, and values as their messages show them.</summary>
internal static class Comparison
{
    private const int ShownItems = 10;
    private const int ShownCharacters = 400;

    /// <summary>Arrays element by element and in depth, a single value as an array of one, anything else as the operators -eq and -ceq.</summary>
    internal static bool AreEqual(object? actual, object? expected, bool caseSensitive)
    {
        var (left, right) = (AsList(actual), AsList(expected));
        if (left.Count == 0 || right.Count == 0) return left.Count == right.Count;
        if (left.Count != right.Count) return false;
        for (var i = 0; i < left.Count; i++)
        {
            var (l, r) = (Plain(left[i]), Plain(right[i]));
            var nested = l is IList or ICollection && l is not (string or IDictionary) || r is IList or ICollection && r is not (string or IDictionary);
            if (nested ? !AreEqual(l, r, caseSensitive) : !ItemsAreEqual(left[i], right[i], caseSensitive)) return false;
        }

        return true;
    }

    internal static bool ItemsAreEqual(object? actual, object? expected, bool caseSensitive) =>
        LanguagePrimitives.Equals(actual, expected, !caseSensitive, CultureInfo.InvariantCulture);

    internal static List<object?> AsList(object? value) => Plain(value) switch
    {
        null => [],
        string or IDictionary => [value],
        IEnumerable list => [.. list.Cast<object?>()],
        _ => [value],
    };

    internal static object? Plain(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    internal static string Show(object? value)
    {
        var plain = Plain(value);
        switch (plain)
        {
            case null: return "$null";
            case string text: return "'" + Cut(text) + "'";
            case bool flag: return flag ? "$true" : "$false";
            case ScriptBlock script: return "{" + Cut(script.ToString()) + "}";
            case Type type: return "[" + type.FullName + "]";
            case Enum name: return name.ToString();
            case IDictionary table: return "@{" + string.Join("; ", table.Cast<DictionaryEntry>().Take(ShownItems).Select(static e => $"{e.Key}={Show(e.Value)}")) + "}";
            case IEnumerable list:
                var items = list.Cast<object?>().Take(ShownItems + 1).Select(Show).ToList();
                return "@(" + string.Join(", ", items.Take(ShownItems)) + (items.Count > ShownItems ? ", ..." : "") + ")";
            case IFormattable number: return number.ToString(null, CultureInfo.InvariantCulture);
            default: return Cut(value!.ToString() ?? "");
        }
    }

    private static string Cut(string text) => text.Length > ShownCharacters ? text[..ShownCharacters] + "..." : text;

    /// <summary>Where two texts begin to differ, for messages that would be hard to read otherwise.</summary>
    internal static string Difference(string actual, string expected, bool caseSensitive)
    {
        var i = 0;
        while (i < actual.Length && i < expected.Length && (actual[i] == expected[i] || (!caseSensitive && char.ToUpperInvariant(actual[i]) == char.ToUpperInvariant(expected[i])))) i++;
        return string.Create(CultureInfo.InvariantCulture, $"Lengths: expected {expected.Length}, actual {actual.Length}. They differ at index {i}.\nExpected: '{Window(expected, i)}'\nBut was:  '{Window(actual, i)}'");
    }

    private static string Window(string text, int at)
    {
        const int Before = 40, After = 80;
        var start = Math.Max(0, at - Before);
        var end = Math.Min(text.Length, at + After);
        return ((start > 0 ? "..." : "") + text[start..end] + (end < text.Length ? "..." : "")).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
    }
}
