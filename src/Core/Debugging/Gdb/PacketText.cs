namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>Reads a packet from its front. What is not there reads as empty: a packet is untrusted input.</summary>
ref struct PacketText(ReadOnlySpan<byte> rest)
{
    /// <summary>What is left.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = rest;

    /// <summary>True at the end.</summary>
    public readonly bool IsEmpty => Rest.IsEmpty;

    /// <summary>Takes a beginning.</summary>
    /// <returns>False when the rest begins otherwise: then nothing is taken.</returns>
    public bool TrySkip(ReadOnlySpan<byte> start)
    {
        if (!Rest.StartsWith(start)) return false;
        Rest = Rest[start.Length..];
        return true;
    }

    /// <summary>Takes what stands in front of a mark, and the mark; all that is left when there is none.</summary>
    public ReadOnlySpan<byte> Until(char mark)
    {
        int at = Rest.IndexOf((byte)mark);
        var taken = at < 0 ? Rest : Rest[..at];
        Rest = at < 0 ? [] : Rest[(at + 1)..];
        return taken;
    }

    /// <summary>Takes a byte; 0 at the end.</summary>
    public byte Byte()
    {
        if (Rest.IsEmpty) return 0;
        byte taken = Rest[0];
        Rest = Rest[1..];
        return taken;
    }
}
