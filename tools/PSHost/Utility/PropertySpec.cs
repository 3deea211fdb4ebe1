namespace Microsoft.PowerShell.Commands;

/// <summary>One -Property argument: a name, a wildcard, a script block, or a table with Expression and Name or a sort direction.</summary>
internal sealed class PropertySpec
{
    private PropertySpec(PSPropertyExpression expression, string? name, bool? descending)
    {
        Expression = expression;
        Name = name;
        Descending = descending;
    }

    internal PSPropertyExpression Expression { get; }

    /// <summary>The given name; null for the expression's own.</summary>
    internal string? Name { get; }

    internal bool? Descending { get; }

    internal static List<PropertySpec> Parse(object[]? arguments)
    {
        var specs = new List<PropertySpec>();
        foreach (var argument in arguments ?? []) specs.Add(Parse(argument is PSObject wrapped ? wrapped.BaseObject : argument));
        return specs;
    }

    private static PropertySpec Parse(object? argument)
    {
        switch (argument)
        {
            case ScriptBlock script:
                return new PropertySpec(new PSPropertyExpression(script), null, null);
            case IDictionary table:
                object? expression = null;
                string? name = null;
                bool? descending = null;
                foreach (DictionaryEntry entry in table)
                {
                    var key = entry.Key.ToString() ?? "";
                    if (IsKey(key, "expression")) expression = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
                    else if (IsKey(key, "name") || IsKey(key, "label")) name = entry.Value?.ToString();
                    else if (IsKey(key, "descending")) descending = LanguagePrimitives.IsTrue(entry.Value);
                    else if (IsKey(key, "ascending")) descending = !LanguagePrimitives.IsTrue(entry.Value);
                    else throw new PSArgumentException($"The key '{key}' of a calculated property is not known; Name, Expression, Ascending and Descending are.");
                }

                if (expression is null) throw new PSArgumentException("A calculated property has no Expression.");
                return new PropertySpec(expression is ScriptBlock block ? new PSPropertyExpression(block) : new PSPropertyExpression(expression.ToString()), name, descending);
            default:
                return new PropertySpec(new PSPropertyExpression(argument?.ToString() ?? ""), null, null);
        }
    }

    private static bool IsKey(string key, string full) => key.Length > 0 && full.StartsWith(key, StringComparison.OrdinalIgnoreCase);

    /// <summary>The first value for an object; null where it has none.</summary>
    internal object? ValueOf(PSObject? item)
    {
        if (item is null) return null;
        foreach (var result in Expression.GetValues(item))
            if (result.Exception is null) return result.Result;
        return null;
    }

    /// <summary>True when the object has the property.</summary>
    internal bool IsOn(PSObject item) => Expression.GetValues(item) is { Count: > 0 } results && results[0].Exception is null;
}
