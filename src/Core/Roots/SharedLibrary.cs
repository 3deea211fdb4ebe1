using System.Buffers.Binary;
using System.Text;

namespace CheckpointRestart.Core.Roots;

/// <summary>What the dynamic linker's cache wants to know of an i386 shared library (elf(5)).</summary>
/// <param name="SoName">Its DT_SONAME, or null where it has none.</param>
/// <param name="NeedsLibC">It is glibc 2's libc or libm, or names it as needed, as all but the lowest libraries do.</param>
internal readonly record struct SharedLibrary(string? SoName, bool NeedsLibC)
{
    const uint Load = 1, Dynamic = 2;
    const uint NeededTag = 1, StringTableTag = 5, SoNameTag = 14;

    /// <summary>Whether a file is an i386 shared object.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="library">What it says of itself.</param>
    public static bool TryRead(ReadOnlySpan<byte> file, out SharedLibrary library)
    {
        library = default;
        if (file.Length < 52 || !file.StartsWith("\x7F"u8) || !file.Slice(1, 3).SequenceEqual("ELF"u8) || file[4] != 1 || file[5] != 1) return false;
        if (Half(file, 16) != 3 || Half(file, 18) != 3) return false;
        uint table = Word(file, 28), size = Half(file, 42), count = Half(file, 44);
        if (size < 32 || table > file.Length || (long)size * count > file.Length - table) return false;
        ReadOnlySpan<byte> dynamic = default;
        for (uint index = 0; index < count; index++)
        {
            var header = file.Slice((int)(table + index * size), 32);
            if (Word(header, 0) != Dynamic) continue;
            uint offset = Word(header, 4), length = Word(header, 16);
            if (offset > file.Length || length > file.Length - offset) return false;
            dynamic = file.Slice((int)offset, (int)length);
        }
        if (dynamic.IsEmpty) return false;
        uint strings = 0;
        for (var at = dynamic; at.Length >= 8 && Word(at, 0) != 0; at = at[8..])
            if (Word(at, 0) == StringTableTag) strings = Word(at, 4);
        var names = strings == 0 ? default : Strings(file, strings);
        string? soName = null;
        bool needsLibC = false;
        for (; dynamic.Length >= 8 && Word(dynamic, 0) != 0; dynamic = dynamic[8..])
        {
            if (Word(dynamic, 0) == SoNameTag) soName = Text(names, Word(dynamic, 4));
            if (Word(dynamic, 0) == NeededTag) needsLibC |= Text(names, Word(dynamic, 4)) is "libc.so.6" or "libm.so.6";
        }
        library = new SharedLibrary(soName, needsLibC || soName is "libc.so.6" or "libm.so.6");
        return true;
    }

    /// <summary>The file from a string table's address on.</summary>
    static ReadOnlySpan<byte> Strings(ReadOnlySpan<byte> file, uint strings)
    {
        uint table = Word(file, 28), size = Half(file, 42), count = Half(file, 44);
        for (uint index = 0; index < count; index++)
        {
            var header = file.Slice((int)(table + index * size), 32);
            uint offset = Word(header, 4), address = Word(header, 8), length = Word(header, 16);
            if (Word(header, 0) != Load || strings < address || strings - address >= length) continue;
            long at = (long)offset + (strings - address);
            return at < file.Length ? file[(int)at..] : default;
        }
        return default;
    }

    static string? Text(ReadOnlySpan<byte> table, uint at)
    {
        if (at >= table.Length) return null;
        int end = table[(int)at..].IndexOf((byte)0);
        return end is > 0 and < 256 ? Encoding.UTF8.GetString(table.Slice((int)at, end)) : null;
    }

    static uint Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
