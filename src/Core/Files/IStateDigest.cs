namespace CheckpointRestart.Core.Files;

/// <summary>Takes a state piece by piece, in a fixed order, for its hash. Nothing of the host may go in.</summary>
public interface IStateDigest
{
    /// <summary>Begins a part; its name separates it from what stands before.</summary>
    void Section(string name);

    /// <summary>A number, or an unsigned one by its bits.</summary>
    void Number(long value);

    /// <summary>Bytes, with their count.</summary>
    void Bytes(ReadOnlySpan<byte> bytes);

    /// <summary>A text.</summary>
    void Text(string? value);
}
