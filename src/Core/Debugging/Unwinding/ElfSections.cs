using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CheckpointRestart.Core.Kernel.Loading;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>The sections and segments of an i386 ELF file. The file is untrusted: what is not as it must be is left out.</summary>
sealed class ElfSections
{
    const int SegmentSize = 32, MostSegments = 64;
    const int MostNames = 1 << 20;
    const uint Compressed = 0x800, NoBits = 8, Zlib = 1;
    const ushort Shared = 3;

    /// <summary>The most bytes of a section that are read.</summary>
    const int MostBytes = 64 << 20;

    readonly GuestFile file;
    readonly Dictionary<string, ElfSection> sections = new(StringComparer.Ordinal);

    ElfSections(GuestFile file) => this.file = file;

    /// <summary>PT_LOAD headers.</summary>
    public IReadOnlyList<ElfSegment> Loads { get; private set; } = [];

    /// <summary>True for a shared object or position-independent program.</summary>
    public bool IsPositionIndependent { get; private set; }

    /// <summary>Those of a file; null when it is no i386 ELF file.</summary>
    public static ElfSections? Read(GuestFile file)
    {
        Span<byte> header = stackalloc byte[ElfSection.HeaderSize];
        if (!ElfSection.TryReadHeader(file.Read, header)) return null;
        var made = new ElfSections(file) { IsPositionIndependent = Half(header, 16) == Shared };
        if (Half(header, 42) == SegmentSize) made.ReadSegments(Word(header, 28), Math.Min((int)Half(header, 44), MostSegments));
        made.NameSections(ElfSection.ReadTable(file.Read, header), Half(header, 50));
        return made;
    }

    /// <summary>A section, or null.</summary>
    public ElfSection? Find(string name) => sections.TryGetValue(name, out var section) ? section : null;

    /// <summary>A section's bytes; none when there is no such section.</summary>
    public byte[] Contents(string name)
    {
        if (Find(name) is not { } section || section.Type == NoBits) return [];
        var bytes = file.ReadPart(section.Offset, section.Size, MostBytes);
        return (section.Flags & Compressed) == 0 ? bytes : Unpack(bytes);
    }

    void ReadSegments(uint offset, int count)
    {
        var table = file.ReadPart(offset, count * SegmentSize, MostSegments * SegmentSize);
        var loads = new List<ElfSegment>();
        for (int at = 0; at + SegmentSize <= table.Length; at += SegmentSize)
        {
            var row = table.AsSpan(at);
            var segment = new ElfSegment(Word(row, 0), Word(row, 4), Word(row, 8), Word(row, 16), Word(row, 20), Word(row, 24), Word(row, 28));
            if (segment.Type == ElfSegment.Load) loads.Add(segment);
        }
        Loads = loads;
    }

    void NameSections(ElfSection[] table, int names)
    {
        if (names >= table.Length) return;
        var text = file.ReadPart(table[names].Offset, table[names].Size, MostNames);
        foreach (var section in table)
        {
            if (section.Name >= text.Length) continue;
            var rest = text.AsSpan((int)section.Name);
            int end = rest.IndexOf((byte)0);
            if (end is > 0 and < 64) sections.TryAdd(Encoding.Latin1.GetString(rest[..end]), section);
        }
    }

    /// <summary>Elf32_Chdr and a zlib stream.</summary>
    static byte[] Unpack(byte[] packed)
    {
        const int header = 12;
        if (packed.Length < header || Word(packed, 0) != Zlib || Word(packed, 4) > MostBytes) return [];
        var bytes = new byte[Word(packed, 4)];
        try
        {
            using var stream = new ZLibStream(new MemoryStream(packed, header, packed.Length - header), CompressionMode.Decompress);
            return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
