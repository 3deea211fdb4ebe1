namespace CheckpointRestart.PS.Runtime.Searching;

/// <summary>Bytes as they are; hits may overlap: aa is twice in aaa.</summary>
sealed class BytePattern(byte[] wanted) : MemoryPattern
{
    internal override int MostLength => wanted.Length;

    internal override bool MayOverlap => true;

    internal override void Find(ReadOnlySpan<byte> bytes, int limit, List<(int Start, int Length)> hits)
    {
        for (int from = 0; from < limit;)
        {
            int at = bytes[from..].IndexOf(wanted);
            if (at < 0 || from + at >= limit) return;
            hits.Add((from + at, wanted.Length));
            from += at + 1;
        }
    }
}
