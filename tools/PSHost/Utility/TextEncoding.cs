using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>The names of encodings that -Encoding takes.</summary>
internal static class TextEncoding
{
    private static readonly UTF8Encoding s_plain = new(encoderShouldEmitUTF8Identifier: false);

    internal static Encoding Parse(string? name) => name?.ToUpperInvariant() switch
    {
        null or "" or "UTF8" or "UTF8NOBOM" or "UTF-8" or "DEFAULT" => s_plain,
        "UTF8BOM" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
        "ASCII" => Encoding.ASCII,
        "UNICODE" => Encoding.Unicode,
        "BIGENDIANUNICODE" => Encoding.BigEndianUnicode,
        "UTF32" => Encoding.UTF32,
        "LATIN1" => Encoding.Latin1,
        _ => Encoding.GetEncoding(name),
    };
}
