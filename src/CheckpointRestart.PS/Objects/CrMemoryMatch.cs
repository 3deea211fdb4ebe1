namespace CheckpointRestart.PS.Objects;

/// <summary>A place in guest memory at which something was found.</summary>
public sealed class CrMemoryMatch
{
    internal CrMemoryMatch(uint address, byte[] bytes, CrVma vma) => (Address, Bytes, Vma) = (address, bytes, vma);

    /// <summary>The first byte that was found.</summary>
    public uint Address { get; }

    /// <summary>How many bytes were found.</summary>
    public int Length => Bytes.Length;

    /// <summary>What was found.</summary>
    public byte[] Bytes { get; }

    /// <summary>The bytes as ASCII, a dot for what is not printable.</summary>
    public string Text => string.Create(Bytes.Length, Bytes, static (text, bytes) =>
    {
        for (int i = 0; i < bytes.Length; i++) text[i] = bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '.';
    });

    /// <summary>The region that it lies in.</summary>
    public CrVma Vma { get; }

    /// <summary>The region's file or kernel name; null when it has none.</summary>
    public string? Name => Vma.Name;

    /// <summary>How far it is from the region's first byte.</summary>
    public uint Offset => Address - Vma.Start;

    /// <summary>The task or image that it belongs to.</summary>
    public string Source => Vma.Source;

    /// <inheritdoc/>
    public override string ToString() => $"{Address:x8} {Text}";
}
