using System.Buffers.Binary;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Kernel.Symbols;

/// <summary>Reads .symtab and .dynsym of an i386 ELF file (System V ABI, chapter 4). The file is untrusted input: what is not as it must be is left out.</summary>
internal static class SymbolReader
{
    const int EntrySize = 16;
    const uint SymbolSection = 2, DynamicSymbolSection = 11, StringSection = 3;
    const int MostSymbols = 1 << 20, LongestName = 4096;
    const uint MostNameBytes = 64 << 20;
    const int AbsoluteIndex = 0xFFF1;

    readonly record struct Candidate(Symbol Symbol, int Rank);

    /// <summary>The symbols of an open file; empty when it has none or is no ELF file.</summary>
    public static SymbolTable Read(OpenFile file)
    {
        var sections = ReadSections(file);
        var found = new List<Candidate>();
        foreach (var section in sections)
            if (section.Type is SymbolSection or DynamicSymbolSection && section.EntrySize == EntrySize && section.Link < (uint)sections.Length)
                ReadSymbols(file, section, sections[section.Link], found);
        return found.Count == 0 ? SymbolTable.Empty : new SymbolTable(found.OrderBy(static c => c.Rank).ThenBy(static c => c.Symbol.Name, StringComparer.Ordinal).Select(static c => c.Symbol));
    }

    static ElfSection[] ReadSections(OpenFile file)
    {
        int Part(long position, Span<byte> to) => ReadUpTo(file, position, to);
        Span<byte> header = stackalloc byte[ElfSection.HeaderSize];
        return ElfSection.TryReadHeader(Part, header) ? ElfSection.ReadTable(Part, header) : [];
    }

    static void ReadSymbols(OpenFile file, in ElfSection section, in ElfSection strings, List<Candidate> found)
    {
        if (strings.Type != StringSection) return;
        // Lengths are the file's claims: no more room is taken than the file has bytes.
        long length = file.Inode.Size;
        var names = new byte[Math.Min(Math.Min(strings.Size, MostNameBytes), Math.Max(length - strings.Offset, 0))];
        names = names[..ReadUpTo(file, strings.Offset, names)];
        var table = new byte[Math.Min(Math.Min(section.Size / EntrySize, MostSymbols) * EntrySize, Math.Max(length - section.Offset, 0))];
        int count = ReadUpTo(file, section.Offset, table) / EntrySize;
        for (int i = 0; i < count && found.Count < MostSymbols; i++)
        {
            var row = table.AsSpan(i * EntrySize, EntrySize);
            if (Rank(row[12], BinaryPrimitives.ReadUInt16LittleEndian(row[14..])) is { } rank && NameAt(names, Word(row, 0)) is { } name)
                found.Add(new Candidate(new Symbol(name, Word(row, 4), Word(row, 8)), rank));
        }
    }

    /// <summary>The place among several symbols of one address, the least first: functions and objects before labels, what others see before what is local;
    /// null for what is no place in memory.</summary>
    static int? Rank(byte info, int section)
    {
        if (section is 0 or AbsoluteIndex) return null;
        int kind = (info & 15) switch
        {
            1 or 2 or 10 => 0,  // STT_OBJECT, STT_FUNC, STT_GNU_IFUNC
            0 => 3,             // STT_NOTYPE
            _ => -1,            // sections, files, thread-local offsets
        };
        if (kind < 0) return null;
        return kind + (info >> 4) switch { 1 => 0, 2 => 1, _ => 2 };
    }

    static string? NameAt(ReadOnlySpan<byte> names, uint offset)
    {
        if (offset >= (uint)names.Length) return null;
        var name = names[(int)offset..];
        name = name[..Math.Min(name.Length, LongestName)];
        int end = name.IndexOf((byte)0);
        if (end <= 0) return null;
        return GuestText.WithoutControls(Encoding.UTF8.GetString(name[..end]), '.');
    }

    internal static int ReadUpTo(OpenFile file, long position, Span<byte> to)
    {
        int done = 0;
        while (done < to.Length)
        {
            var result = file.ReadAt(position + done, to[done..]);
            if (result.WouldBlock || result.IsError || result.Value <= 0) break;
            done += (int)result.Value;
        }
        return done;
    }

    static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
