using System.Text.RegularExpressions;

namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Operators on text, paths and files.</summary>
internal static class TextAssertions
{
    internal static readonly Assertion[] Table =
    [
        new("BeLike", static (s, a) => Like(s, a, WildcardOptions.IgnoreCase)),
        new("BeLikeExactly", static (s, a) => Like(s, a, WildcardOptions.None)),
        new("Match", static (s, a) => Matches(s, a, RegexOptions.IgnoreCase)),
        new("MatchExactly", static (s, a) => Matches(s, a, RegexOptions.None)),
        new("Exist", Exist),
        new("FileContentMatch", static (s, a) => FileMatches(s, a, RegexOptions.IgnoreCase, whole: false)),
        new("FileContentMatchExactly", static (s, a) => FileMatches(s, a, RegexOptions.None, whole: false)),
        new("FileContentMatchMultiline", static (s, a) => FileMatches(s, a, RegexOptions.IgnoreCase | RegexOptions.Multiline, whole: true)),
        new("FileContentMatchMultilineExactly", static (s, a) => FileMatches(s, a, RegexOptions.Multiline, whole: true)),
    ];

    private static string Text(object? value) => LanguagePrimitives.ConvertTo<string>(value) ?? "";

    private static Outcome Like(ShouldCommand should, object? actual, WildcardOptions options)
    {
        var (a, e) = (Comparison.Show(actual), Comparison.Show(should.ExpectedValue));
        return new Outcome(new WildcardPattern(Text(should.ExpectedValue), options).IsMatch(Text(actual)), $"Expected like wildcard {e} to match {a},{{because}} but it did not match.", $"Expected like wildcard {e} to not match {a},{{because}} but it did match.");
    }

    private static Outcome Matches(ShouldCommand should, object? actual, RegexOptions options)
    {
        var (a, e) = (Comparison.Show(actual), Comparison.Show(should.ExpectedValue));
        return new Outcome(Regex.IsMatch(Text(actual), Text(should.ExpectedValue), options, Timeout.InfiniteTimeSpan), $"Expected regular expression {e} to match {a},{{because}} but it did not match.", $"Expected regular expression {e} to not match {a},{{because}} but it did match.");
    }

    private static Outcome Exist(ShouldCommand should, object? actual)
    {
        var path = Text(actual);
        bool exists;
        try { exists = should.SessionState.InvokeProvider.Item.Exists(path); }
        catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException) { exists = false; }
        return new Outcome(exists, $"Expected path '{path}' to exist,{{because}} but it did not exist.", $"Expected path '{path}' to not exist,{{because}} but it did exist.");
    }

    private static Outcome FileMatches(ShouldCommand should, object? actual, RegexOptions options, bool whole)
    {
        var file = should.SessionState.Path.GetUnresolvedProviderPathFromPSPath(Text(actual));
        if (!File.Exists(file)) throw new PSArgumentException($"The file '{file}' does not exist.");
        var pattern = new Regex(Text(should.ExpectedValue), options, Timeout.InfiniteTimeSpan);
        var found = whole ? pattern.IsMatch(File.ReadAllText(file)) : File.ReadLines(file).Any(pattern.IsMatch);
        return new Outcome(found, $"Expected {Comparison.Show(should.ExpectedValue)} to be found in file '{file}',{{because}} but it was not found.", $"Expected {Comparison.Show(should.ExpectedValue)} to not be found in file '{file}',{{because}} but it was found.");
    }
}
