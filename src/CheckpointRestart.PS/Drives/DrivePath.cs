using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.PS.Drives;

/// <summary>Paths of the drives. A name of a guest may hold whatever it likes; PowerShell's paths may not: what means something to it stands there as % and two hexadecimal
/// digits, a byte each, as in the addresses of web pages.</summary>
static class DrivePath
{
    /// <summary>Separators, wildcards and their escape, drives, and what a command line would take for something else.</summary>
    const string Special = "%/\\:*?[]`\"<>|";

    /// <summary>The components of a path, names as the guest has them.</summary>
    internal static List<string> Split(string path) => Parts(path).ConvertAll(Unescape);

    /// <summary>The components of a path as they stand: what is asked for may be a pattern.</summary>
    internal static List<string> Parts(string path)
    {
        var names = new List<string>();
        foreach (string part in path.Split('/', '\\'))
        {
            if (part.Length == 0 || part == ".") continue;
            if (part == "..")
            {
                if (names.Count > 0) names.RemoveAt(names.Count - 1);
                continue;
            }
            names.Add(part);
        }
        return names;
    }

    /// <summary>A guest's name as a component.</summary>
    internal static string Escape(string name)
    {
        // A component of dots alone, or ~, leads elsewhere, and a blank at an end is taken away.
        bool isDots = name is "." or ".." or "~";
        var text = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length;)
        {
            if (Rune.TryGetRuneAt(name, i, out var rune))
            {
                bool isAtEnd = i == 0 || i + rune.Utf16SequenceLength == name.Length;
                if (isDots || IsSpecial(rune) || (isAtEnd && rune.Value == ' ')) Append(text, GuestText.ToBytes(rune.ToString()));
                else text.Append(rune.ToString());
                i += rune.Utf16SequenceLength;
            }
            else
            {
                Append(text, GuestText.ToBytes(name.AsSpan(i, 1)));
                i++;
            }
        }
        return text.ToString();
    }

    /// <summary>A component as the guest has it. A % that no two digits follow stands for itself, and so does what need not have been escaped.</summary>
    internal static string Unescape(string part)
    {
        if (!part.Contains('%', StringComparison.Ordinal)) return part;
        var bytes = new List<byte>(part.Length);
        for (int i = 0; i < part.Length;)
        {
            if (part[i] == '%' && i + 2 < part.Length && byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                i += 3;
                continue;
            }
            int length = char.IsSurrogatePair(part, i) ? 2 : 1;
            bytes.AddRange(GuestText.ToBytes(part.AsSpan(i, length)));
            i += length;
        }
        return GuestText.FromBytes([.. bytes]);
    }

    static void Append(StringBuilder text, byte[] bytes)
    {
        foreach (byte value in bytes) text.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
    }

    /// <summary>Also what a terminal acts on or does not show.</summary>
    static bool IsSpecial(Rune rune) => (rune.IsAscii && Special.Contains((char)rune.Value, StringComparison.Ordinal))
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
