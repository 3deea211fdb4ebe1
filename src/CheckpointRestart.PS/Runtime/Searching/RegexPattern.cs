using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace CheckpointRestart.PS.Runtime.Searching;

/// <summary>A regular expression over bytes: each byte is the character of its number, as in Latin-1. Longer hits are given in parts of 4096 bytes.</summary>
sealed class RegexPattern : MemoryPattern
{
    const int Most = 4096;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly Regex expression;

    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    internal RegexPattern(string expression, bool ignoreCase)
    {
        var options = RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
        try
        {
            // Its time grows with the memory and not with what lies there.
            this.expression = new Regex(expression, options | RegexOptions.NonBacktracking, Patience);
        }
        catch (NotSupportedException)
        {
            this.expression = new Regex(expression, options | RegexOptions.Compiled, Patience);
        }
    }

    internal override int MostLength => Most;

    internal override void Find(ReadOnlySpan<byte> bytes, int limit, List<(int Start, int Length)> hits)
    {
        var text = ArrayPool<char>.Shared.Rent(bytes.Length);
        try
        {
            Encoding.Latin1.GetChars(bytes, text);
            foreach (var match in expression.EnumerateMatches(text.AsSpan(0, bytes.Length)))
            {
                if (match.Index >= limit) return;
                for (int done = 0; done < match.Length; done += Most) hits.Add((match.Index + done, Math.Min(Most, match.Length - done)));
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text);
        }
    }
}
