using System.Text.RegularExpressions;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>docs/carried.md names guests and tests that there are.</summary>
public partial class CarriedPageTests
{
    [Fact]
    public void EveryRowNamesGuestsAndTestsThatThereAre()
    {
        var guests = GuestCase.Own.Select(static guest => guest.Name).ToHashSet(StringComparer.Ordinal);
        var tests = typeof(CarriedPageTests).Assembly.GetTypes().Select(static type => type.Name).ToHashSet(StringComparer.Ordinal);
        var rows = File.ReadLines(Path.Combine(GuestFiles.Repository, "docs", "carried.md")).Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(static line => line.Split('|')).ToList();
        Assert.InRange(rows.Count, 30, 100);
        foreach (var row in rows)
        {
            Assert.Equal(5, row.Length);
            Assert.NotEmpty(Names(row[2]));
            Assert.Empty(Names(row[2]).Except(guests, StringComparer.Ordinal));
            Assert.Empty(Names(row[3]).Except(tests, StringComparer.Ordinal));
        }
    }

    static IEnumerable<string> Names(string cell) => Quoted().Matches(cell).Select(static match => match.Groups["name"].Value);

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}
