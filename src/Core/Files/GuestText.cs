using System.Buffers;
using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Files;

/// <summary>Names are bytes to Linux and text to us: UTF-8, where each byte that is not part of valid UTF-8 becomes the lone surrogate
/// U+DC80 + (byte - 0x80). Every byte string survives the way there and back.</summary>
public static class GuestText
{
    const char Escape = '\uDC00';

    /// <summary>Text of bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes)) return Encoding.ASCII.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out int used) == OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                foreach (byte bad in bytes[..used]) text.Append((char)(Escape + bad));
            }
            bytes = bytes[used..];
        }
        return text.ToString();
    }

    /// <summary>Text without what makes a terminal do something.</summary>
    internal static string WithoutControls(string text, char instead) => !text.Any(char.IsControl) ? text : string.Concat(text.Select(c => char.IsControl(c) ? instead : c));

    /// <summary>Text for messages and views: a guest may put into a name what a terminal acts on. That stands as ?, and so does what is no UTF-8.</summary>
    /// <param name="text">Whatever has come from a guest.</param>
    /// <param name="keepLines">Leaves line feeds and tabs.</param>
    public static string ForDisplay(string text, bool keepLines = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        StringBuilder? shown = null;
        for (int i = 0, length; i < text.Length; i += length)
        {
            bool isWhole = Rune.TryGetRuneAt(text, i, out var rune);
            length = isWhole ? rune.Utf16SequenceLength : 1;
            bool isPlain = isWhole && (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                || (keepLines && rune.Value is '\n' or '\r' or '\t'));
            if (!isPlain) shown ??= new StringBuilder(text, 0, i, text.Length);
            if (shown == null) continue;
            if (isPlain) shown.Append(text, i, length);
            else shown.Append('?');
        }
        return shown?.ToString() ?? text;
    }

    /// <summary>Bytes of text.</summary>
    public static byte[] ToBytes(ReadOnlySpan<char> text)
    {
        var bytes = new byte[ByteCount(text)];
        Encode(text, bytes);
        return bytes;
    }

    /// <summary>Number of bytes of text.</summary>
    public static int ByteCount(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        int count = 0;
        while (text.Length > 0)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out int used) == OperationStatus.Done) count += rune.Utf8SequenceLength;
            else count += IsEscape(text[0]) ? 1 : 3;
            text = text[used..];
        }
        return count;
    }

    internal static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            if (Rune.DecodeFromUtf16(text, out _, out int used) != OperationStatus.Done) return true;
            text = text[used..];
        }
        return false;
    }

    /// <summary>Writes the bytes of text: as many as <see cref="ByteCount"/> tells.</summary>
    internal static void Encode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        while (text.Length > 0)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out int used) == OperationStatus.Done)
            {
                bytes = bytes[rune.EncodeToUtf8(bytes)..];
            }
            else if (IsEscape(text[0]))
            {
                bytes[0] = (byte)(text[0] - Escape);
                bytes = bytes[1..];
            }
            else
            {
                // A surrogate that no bytes give: it can only come from a user's text, and becomes the replacement character.
                bytes = bytes[Rune.ReplacementChar.EncodeToUtf8(bytes)..];
            }
            text = text[used..];
        }
    }

    static bool IsEscape(char c) => c is >= (char)(Escape + 0x80) and <= (char)(Escape + 0xFF);
}
