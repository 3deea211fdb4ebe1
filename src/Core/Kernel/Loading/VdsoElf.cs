using System.Buffers.Binary;
using System.Text;

namespace CheckpointRestart.Core.Kernel.Loading;

/// <summary>A function of the vdso.</summary>
/// <param name="Name">The symbol.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Version">Index of its version: <see cref="VdsoElf.Linux25"/> or <see cref="VdsoElf.Linux26"/>.</param>
/// <param name="Code">Machine code.</param>
/// <param name="Frame">How its frame is unwound (DWARF call frame instructions).</param>
/// <param name="IsSignalFrame">It is the way back from a signal's handler, which nobody called: who looks for it by the return address less one finds the byte in front.</param>
internal sealed record VdsoFunction(string Name, uint Address, ushort Version, byte[] Code, byte[] Frame, bool IsSignalFrame = false);

/// <summary>The shared object around the vdso's functions: symbols with versions, and what unwinders need to pass through it.</summary>
internal static class VdsoElf
{
    /// <summary>Indices of the versions LINUX_2.5 and LINUX_2.6.</summary>
    public const ushort Linux25 = 2, Linux26 = 3;

    const int Headers = 52, HeaderCount = 4, Dynamic = 0xC0, Hash = 0x120, Symbols = 0x180, SymbolVersions = 0x220, VersionDefinitions = 0x240, Names = 0x2A0;
    const int FrameIndex = 0x580, Frames = 0x600, SectionNames = 0x800, Sections = 0x880;
    const uint Load = 1, DynamicSegment = 2, FrameSegment = 0x6474E550, StackSegment = 0x6474E551, Read = 4, ReadExecute = 5;

    /// <summary>Makes the page.</summary>
    public static byte[] Build(VdsoFunction[] functions, uint address, uint codeOffset, int size)
    {
        var page = new byte[size];
        int count = functions.Length + 1, end = Names + 1;
        int Name(string name)
        {
            int at = end - Names;
            end += Encoding.ASCII.GetBytes(name, page.AsSpan(end)) + 1;
            return at;
        }

        // ELF header: ET_DYN for EM_386.
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1]).CopyTo(page);
        Half(page, 16, 3);
        Half(page, 18, 3);
        Word(page, 20, 1);
        Word(page, 24, codeOffset);
        Word(page, 28, Headers);
        Half(page, 40, 52);
        Half(page, 42, 32);
        Half(page, 44, HeaderCount);
        Half(page, 46, 40);

        int soname = Name("linux-gate.so.1");
        DefineVersions(page, [("linux-gate.so.1", soname), ("LINUX_2.5", Name("LINUX_2.5")), ("LINUX_2.6", Name("LINUX_2.6"))]);
        for (int i = 1; i < count; i++)
        {
            var function = functions[i - 1];
            Words(page, Symbols + i * 16, [(uint)Name(function.Name), function.Address - address, (uint)function.Code.Length]);
            page[Symbols + i * 16 + 12] = 0x12;
            Half(page, Symbols + i * 16 + 14, 1);
            Half(page, SymbolVersions + i * 2, function.Version);
            function.Code.CopyTo(page, function.Address - address);
        }
        // DT_SONAME, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_VERDEF, DT_VERDEFNUM, DT_VERSYM, DT_NULL.
        Words(page, Dynamic, [14, (uint)soname, 4, Hash, 5, Names, 6, Symbols, 10, (uint)(end - Names), 11, 16,
            0x6FFFFFFC, VersionDefinitions, 0x6FFFFFFD, 3, 0x6FFFFFF0, SymbolVersions, 0, 0]);
        // One hash bucket that chains all symbols.
        Words(page, Hash, [1, (uint)count, 1, 0]);
        for (int i = 1; i < count; i++) Word(page, Hash + 12 + i * 4, i + 1 < count ? (uint)(i + 1) : 0);

        var (index, frames) = DescribeFrames(page, functions, address);
        var last = functions.MaxBy(static function => function.Address)!;
        DescribeSections(page,
        [
            new(".text", 1, 6, (int)codeOffset, (int)(last.Address - address) + last.Code.Length - (int)codeOffset, 0, 0, 16, 0),
            new(".dynsym", 11, 2, Symbols, count * 16, 3, 1, 4, 16),
            new(".dynstr", 3, 2, Names, end - Names, 0, 0, 1, 0),
            new(".hash", 5, 2, Hash, (3 + count) * 4, 2, 0, 4, 4),
            new(".gnu.version", 0x6FFFFFFF, 2, SymbolVersions, count * 2, 2, 0, 2, 2),
            new(".gnu.version_d", 0x6FFFFFFD, 2, VersionDefinitions, 3 * 28, 3, 3, 4, 0),
            new(".dynamic", 6, 2, Dynamic, 10 * 8, 3, 0, 4, 8),
            new(".eh_frame_hdr", 1, 2, FrameIndex, (int)index, 0, 0, 4, 0),
            new(".eh_frame", 1, 2, Frames, frames, 0, 0, 4, 0),
        ]);
        Words(page, Headers, [Load, 0, 0, 0, (uint)size, (uint)size, ReadExecute, 4096]);
        Words(page, Headers + 32, [DynamicSegment, Dynamic, Dynamic, Dynamic, 10 * 8, 10 * 8, Read, 4]);
        Words(page, Headers + 64, [FrameSegment, FrameIndex, FrameIndex, FrameIndex, index, index, Read, 4]);
        Words(page, Headers + 96, [StackSegment, 0, 0, 0, 0, 0, Read, 16]);
        return page;
    }

    /// <summary>A section (System V ABI, chapter 4): what a debugger finds the symbols by.</summary>
    readonly record struct Section(string Name, uint Type, uint Flags, int Offset, int Size, uint Link, uint Info, uint Alignment, uint EntrySize);

    static void DescribeSections(byte[] page, ReadOnlySpan<Section> sections)
    {
        int end = SectionNames + 1, at = Sections;
        void Describe(in Section section, int offset)
        {
            at += 40;
            Words(page, at, [(uint)(end - SectionNames), section.Type, section.Flags, (uint)offset, (uint)section.Offset, (uint)section.Size,
                section.Link, section.Info, section.Alignment, section.EntrySize]);
            end += Encoding.ASCII.GetBytes(section.Name, page.AsSpan(end)) + 1;
        }

        foreach (var section in sections) Describe(section, section.Offset);
        const string names = ".shstrtab";
        Describe(new Section(names, 3, 0, SectionNames, end - SectionNames + names.Length + 1, 0, 0, 1, 0), 0);
        Word(page, 32, Sections);
        Half(page, 48, (ushort)(sections.Length + 2));
        Half(page, 50, (ushort)(sections.Length + 1));
    }

    static void DefineVersions(byte[] page, (string Name, int At)[] versions)
    {
        const int length = 28;
        for (int i = 0; i < versions.Length; i++)
        {
            int at = VersionDefinitions + i * length;
            Half(page, at, 1);
            Half(page, at + 2, (ushort)(i == 0 ? 1 : 0));
            Half(page, at + 4, (ushort)(i + 1));
            Half(page, at + 6, 1);
            Words(page, at + 8, [HashOf(versions[i].Name), 20, i + 1 < versions.Length ? (uint)length : 0, (uint)versions[i].At, 0]);
        }
    }

    /// <summary>.eh_frame and .eh_frame_hdr, the table sorted by address.</summary>
    /// <returns>The length of the table, and that of what it points into.</returns>
    static (uint Index, int Frames) DescribeFrames(byte[] page, VdsoFunction[] functions, uint address)
    {
        // CIE: version 1, "zR", code factor 1, data factor -4, return address in register 8, addresses relative; at entry the frame is ESP + 4.
        byte[] common = [0, 0, 0, 0, 1, (byte)'z', (byte)'R', 0, 1, 0x7C, 8, 1, 0x1B, 0x0C, 4, 4, 0x88, 1, 0, 0];
        // "zRS": of frames that a signal interrupted.
        byte[] signal = [0, 0, 0, 0, 1, (byte)'z', (byte)'R', (byte)'S', 0, 1, 0x7C, 8, 1, 0x1B, 0, 0];
        int at = Frames, entries = 0;
        foreach (byte[] information in (ReadOnlySpan<byte[]>)[common, signal])
        {
            Word(page, at, information.Length);
            information.CopyTo(page, at + 4);
            at += 4 + information.Length;
        }
        foreach (var function in functions)
        {
            int before = function.IsSignalFrame ? 1 : 0, information = function.IsSignalFrame ? Frames + 4 + common.Length : Frames;
            int length = 4 + 4 + 4 + 1 + function.Frame.Length + 3 & ~3, start = (int)(function.Address - address) - before;
            Words(page, at, [(uint)length, (uint)(at + 4 - information), (uint)(start - (at + 8)), (uint)(function.Code.Length + before)]);
            function.Frame.CopyTo(page, at + 17);
            Words(page, FrameIndex + 12 + entries * 8, [(uint)(start - FrameIndex), (uint)(at - FrameIndex)]);
            entries++;
            at += 4 + length;
        }
        ((ReadOnlySpan<byte>)[1, 0x1B, 3, 0x3B]).CopyTo(page.AsSpan(FrameIndex));
        Words(page, FrameIndex + 4, [Frames - (FrameIndex + 4), (uint)entries]);
        // A length of 0 ends them.
        return ((uint)(12 + entries * 8), at + 4 - Frames);
    }

    /// <summary>The hash of the System V ABI.</summary>
    static uint HashOf(string name)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xF0000000;
            hash = (hash ^ high >> 24) & ~high;
        }
        return hash;
    }

    static void Half(byte[] page, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(at), value);

    static void Word(byte[] page, int at, long value) => BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(at), (uint)value);

    static void Words(byte[] page, int at, ReadOnlySpan<uint> values)
    {
        for (int i = 0; i < values.Length; i++) Word(page, at + i * 4, values[i]);
    }
}
