using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Debugging.Gdb;

/// <summary>Hexadecimal text as gdb's packets have it.</summary>
static class Hex
{
    /// <summary>The value of a digit; -1 for what is none.</summary>
    public static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };

    /// <summary>Bytes as digits.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>Text as the digits of its UTF-8.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes of digits; null when they are none.</summary>
    public static byte[]? Bytes(ReadOnlySpan<byte> digits)
    {
        if (digits.Length % 2 != 0) return null;
        var bytes = new byte[digits.Length / 2];
        for (int i = 0; i < bytes.Length; i++)
        {
            int high = Digit(digits[2 * i]), low = Digit(digits[2 * i + 1]);
            if (high < 0 || low < 0) return null;
            bytes[i] = (byte)(high << 4 | low);
        }
        return bytes;
    }

    /// <summary>A number without sign; null when it is none, or has more than 64 bits.</summary>
    public static ulong? Number(ReadOnlySpan<byte> digits) =>
        digits.Length is > 0 and <= 16 && ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : null;

    /// <summary>An address of 32 bits, as a debugger of 64 may write it; null for what is none.</summary>
    public static uint? Address(ReadOnlySpan<byte> digits) => Number(digits) is { } value && value <= uint.MaxValue ? (uint)value : null;
}
