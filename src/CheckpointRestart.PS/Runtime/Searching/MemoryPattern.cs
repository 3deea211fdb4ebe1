namespace CheckpointRestart.PS.Runtime.Searching;

/// <summary>What is looked for in memory. Thread safe.</summary>
abstract class MemoryPattern
{
    /// <summary>The most bytes that a hit has.</summary>
    internal abstract int MostLength { get; }

    /// <summary>True when one hit may begin within another.</summary>
    internal virtual bool MayOverlap => false;

    /// <summary>Finds all hits that begin before a limit.</summary>
    /// <param name="bytes">Memory in one piece; its first byte lies at an address that is a multiple of 4096.</param>
    /// <param name="limit">Hits begin below it; what follows is there for their ends.</param>
    /// <param name="hits">Gets where each begins and its length, ascending.</param>
    internal abstract void Find(ReadOnlySpan<byte> bytes, int limit, List<(int Start, int Length)> hits);
}
