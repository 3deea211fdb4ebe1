using System.Text;

namespace CheckpointRestart.Pictures;

/// <summary>Text of a guest, which may be anything.</summary>
static class Words
{
    /// <summary>Text that UTF-8 and UTF-16 can carry: bytes that were no UTF-8 become \xNN.</summary>
    public static string Valid(string? text)
    {
        if (string.IsNullOrEmpty(text) || Ascii.IsValid(text)) return text ?? "";
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i)) result.Append(text[i]).Append(text[++i]);
            else if (char.IsSurrogate(text[i])) result.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{text[i] & 0xFF:x2}");
            else result.Append(text[i]);
        }
        return result.ToString();
    }

    /// <summary>Text that does nothing to a terminal: control characters and those that turn the direction of writing become \u{N}.</summary>
    public static string Printable(string? text)
    {
        var result = new StringBuilder();
        foreach (var rune in Valid(text).EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune.Value is >= 0x200B and <= 0x200F or >= 0x2028 and <= 0x202E or >= 0x2066 and <= 0x2069 or 0xFEFF) result.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else result.Append(rune.ToString());
        }
        return result.ToString();
    }
}
