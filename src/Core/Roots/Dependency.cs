using System.Text.RegularExpressions;

namespace CheckpointRestart.Core.Roots;

/// <summary>One relation to a package (deb-control(5)): a name, and perhaps a version.</summary>
internal readonly record struct Relation(string Name, string Operator, string Version)
{
    public bool IsMetBy(string version) => Operator.Length == 0 || DebianVersion.Holds(version, Operator, Version);

    public override string ToString() => Operator.Length == 0 ? Name : $"{Name} ({Operator} {Version})";
}

/// <summary>Alternatives, of which one must be there.</summary>
internal sealed partial record Dependency(IReadOnlyList<Relation> Alternatives)
{
    public override string ToString() => string.Join(" | ", Alternatives);

    /// <summary>The relations of a field. What is malformed is left out.</summary>
    public static IReadOnlyList<Dependency> Parse(string field) =>
        [.. field.Split(',').Select(static part => new Dependency([.. part.Split('|').Select(ParseOne).Where(static one => one.Name.Length > 0)])).Where(static one => one.Alternatives.Count > 0)];

    static Relation ParseOne(string text)
    {
        var match = Form().Match(text);
        return match.Success ? new Relation(match.Groups["name"].Value, match.Groups["operator"].Value, match.Groups["version"].Value) : new Relation("", "", "");
    }

    [GeneratedRegex(@"^\s*(?<name>[a-zA-Z0-9.+-]+)(:[a-z0-9-]+)?\s*(\(\s*(?<operator><<|<=|=|>=|>>|<|>)\s*(?<version>[^\s)]+)\s*\))?\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
