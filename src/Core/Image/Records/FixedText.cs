using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace CheckpointRestart.Core.Image.Records;

/// <summary>A 64-byte text field, NUL padded; a text of 64 bytes has no NUL (reference 1.3).</summary>
[InlineArray(64)]
public struct FixedText
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
        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(in _first, 64);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}

/// <summary>The 512 bytes that FXSAVE writes (Intel SDM volume 1, 10.5.1).</summary>
[InlineArray(512)]
public struct FxSaveArea
{
    private byte _first;

    public readonly ReadOnlySpan<byte> AsSpan() => MemoryMarshal.CreateReadOnlySpan(in Unsafe.AsRef(in _first), 512);
}
