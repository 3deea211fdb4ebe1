namespace CheckpointRestart.Core.Checkpoint.Comparing;

/// <summary>Where two arrays of bytes differ.</summary>
internal static class ByteRanges
{
    /// <summary>So many equal bytes or more end a range: a word of which one byte is the same is one difference.</summary>
    public const int Gap = 8;

    /// <summary>The ranges, ascending; bytes that only one has are not among them.</summary>
    public static List<(int Start, int Length)> Of(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var ranges = new List<(int Start, int Length)>();
        int most = Math.Min(left.Length, right.Length), at = 0;
        while (at < most)
        {
            int start = at + left[at..most].CommonPrefixLength(right[at..most]);
            if (start == most) break;
            int end = start + 1;
            for (int i = end; i < most && i - end < Gap; i++)
                if (left[i] != right[i]) end = i + 1;
            ranges.Add((start, end - start));
            at = end;
        }
        return ranges;
    }
}
