namespace CheckpointRestart.PS.Runtime;

/// <summary>Bytes as pairs of hexadecimal digits.</summary>
static class HexText
{
    /// <summary>The bytes of a text such as 7f 45 4c 46, 7f-45-4c-46 or 0x7f454c46; null when it is none.</summary>
    internal static byte[]? Parse(string text)
    {
        var digits = string.Concat(text.Where(static c => !char.IsWhiteSpace(c) && c != '-'));
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) digits = digits[2..];
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : null;
    }
}
