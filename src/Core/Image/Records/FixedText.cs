using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>A 64-byte text field, NUL padded; a text of 64 bytes has no NUL (reference 1.3).</summary>
[InlineArray(64)]
public struct FixedText : IEquatable<FixedText>
{
    private byte _first;

    /// <summary>The text's first 64 bytes in UTF-8.</summary>
    public static FixedText From(string text)
    {
        var result = default(FixedText);
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, 64)).CopyTo(result);
        return result;
    }

    /// <summary>The bytes before the first NUL.</summary>
    public override readonly string ToString()
    {
        var bytes = AsSpan();
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> AsSpan() => MemoryMarshal.CreateReadOnlySpan(in _first, 64);

    public static bool operator ==(FixedText left, FixedText right) => left.Equals(right);

    public static bool operator !=(FixedText left, FixedText right) => !left.Equals(right);

    public readonly bool Equals(FixedText other) => AsSpan().SequenceEqual(other.AsSpan());

    public override readonly bool Equals(object? obj) => obj is FixedText other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(AsSpan());
        return hash.ToHashCode();
    }
}

/// <summary>The 512 bytes that FXSAVE writes (Intel SDM volume 1, 10.5.1).</summary>
[InlineArray(512)]
public struct FxSaveArea : IEquatable<FxSaveArea>
{
    private byte _first;

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> AsSpan() => MemoryMarshal.CreateReadOnlySpan(in _first, 512);

    public static bool operator ==(FxSaveArea left, FxSaveArea right) => left.Equals(right);

    public static bool operator !=(FxSaveArea left, FxSaveArea right) => !left.Equals(right);

    public readonly bool Equals(FxSaveArea other) => AsSpan().SequenceEqual(other.AsSpan());

    public override readonly bool Equals(object? obj) => obj is FxSaveArea other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(AsSpan());
        return hash.ToHashCode();
    }
}
