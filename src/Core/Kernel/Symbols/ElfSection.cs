using System.Buffers.Binary;

namespace CheckpointRestart.Core.Kernel.Symbols;

/// <summary>Reads bytes of a file.</summary>
/// <returns>How many; fewer at its end.</returns>
internal delegate int FilePartReader(long position, Span<byte> to);

/// <summary>A row of the section table of an i386 ELF file (System V ABI, chapter 4). The file is untrusted input.</summary>
/// <param name="Name">Where its name is in the section of names.</param>
/// <param name="Address">Without the load bias.</param>
/// <param name="Offset">In the file.</param>
/// <param name="Link">The section that it refers to.</param>
internal readonly record struct ElfSection(uint Name, uint Type, uint Flags, uint Address, uint Offset, uint Size, uint Link, uint EntrySize)
{
    /// <summary>Bytes of the file's header.</summary>
    public const int HeaderSize = 52;

    const int RowSize = 40, MostSections = 65279;

    /// <summary>Reads the file's header.</summary>
    /// <returns>False when it is no i386 ELF file.</returns>
    public static bool TryReadHeader(FilePartReader file, Span<byte> header) => file(0, header[..HeaderSize]) == HeaderSize && header.StartsWith("\u007fELF\u0001\u0001"u8);

    /// <summary>The table that a header names, as far as the file has it.</summary>
    public static ElfSection[] ReadTable(FilePartReader file, ReadOnlySpan<byte> header)
    {
        int count = Half(header, 48);
        if (Half(header, 46) != RowSize || count > MostSections) return [];
        var table = new byte[count * RowSize];
        var sections = new ElfSection[file(Word(header, 32), table) / RowSize];
        for (int i = 0; i < sections.Length; i++)
        {
            var row = table.AsSpan(i * RowSize, RowSize);
            sections[i] = new ElfSection(Word(row, 0), Word(row, 4), Word(row, 8), Word(row, 12), Word(row, 16), Word(row, 20), Word(row, 24), Word(row, 36));
        }
        return sections;
    }

    static ushort Half(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
