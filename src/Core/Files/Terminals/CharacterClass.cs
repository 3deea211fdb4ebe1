namespace CheckpointRestart.Core.Files;

/// <summary>How the kernel sorts bytes: Latin-1, whatever the program's locale (lib/ctype.c).</summary>
internal static class CharacterClass
{
    public static bool IsControl(byte c) => c is < 0x20 or 0x7F;

    public static bool IsUpper(byte c) => c is >= (byte)'A' and <= (byte)'Z' or >= 0xC0 and <= 0xDE and not 0xD7;

    public static bool IsLower(byte c) => c is >= (byte)'a' and <= (byte)'z' or >= 0xDF and not 0xF7;

    public static bool IsAlphanumeric(byte c) => IsUpper(c) || IsLower(c) || c is >= (byte)'0' and <= (byte)'9';

    public static byte ToLower(byte c) => IsUpper(c) ? (byte)(c + 0x20) : c;

    public static byte ToUpper(byte c) => IsLower(c) ? (byte)(c - 0x20) : c;
}
