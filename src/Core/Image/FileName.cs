using System.Text;

namespace CheckpointRestart.Core.Image;

/// <summary>A Linux path: bytes without a NUL, UTF-8 by convention only.</summary>
public readonly struct FileName : IEquatable<FileName>
{
    private readonly byte[]? _bytes;

    /// <summary>A path from its bytes, up to the first NUL.</summary>
    public FileName(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        _bytes = (end < 0 ? bytes : bytes[..end]).ToArray();
    }

    /// <summary>A path from text, in UTF-8.</summary>
    public FileName(string text) : this(Encoding.UTF8.GetBytes(text)) { }

    public ReadOnlySpan<byte> Bytes => _bytes;

    public static bool operator ==(FileName left, FileName right) => left.Equals(right);

    public static bool operator !=(FileName left, FileName right) => !left.Equals(right);

    public bool Equals(FileName other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is FileName other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The path as text; bytes that are not UTF-8 show as U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Bytes);
}
