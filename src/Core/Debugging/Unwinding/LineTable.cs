using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Debugging.Unwinding;

/// <summary>Source lines of one file's code: .debug_line of DWARF 2 to 5 (DWARF 5, 6.2). It is untrusted: what is not as it must be has no lines.</summary>
sealed class LineTable
{
    const int MostRows = 1 << 22, MostFiles = 1 << 20, MostFormats = 32;

    /// <summary>Forms that names, directories and checksums come in (DWARF 5, 7.5.6).</summary>
    const int String = 0x08, LineString = 0x1F, StringOffset = 0x0E, Data1 = 0x0B, Data2 = 0x05, Data4 = 0x06, Data8 = 0x07, Data16 = 0x1E, UnsignedData = 0x0F, Block = 0x09;

    /// <summary>What an entry's field is.</summary>
    const int Path = 1, Directory = 2;

    readonly byte[] lines, lineStrings, strings;
    readonly Func<uint, bool> isCode;
    readonly List<Sequence> sequences = [];
    readonly List<string> files = [];
    readonly Dictionary<string, int> fileNumbers = new(StringComparer.Ordinal);
    int rowCount;

    readonly record struct Row(uint Address, int File, int Line);

    sealed record Sequence(uint Start, uint End, Row[] Rows);

    /// <summary>A unit's header: how its program is to be read.</summary>
    struct Unit
    {
        public int LineBase;
        public byte MinimumLength, LineRange, OpcodeBase;
        public byte[] Lengths;
        public List<int> Files;
    }

    /// <param name="sections">The file's.</param>
    public LineTable(ElfSections sections)
    {
        lines = sections.Contents(".debug_line");
        lineStrings = lines.Length == 0 ? [] : sections.Contents(".debug_line_str");
        strings = lines.Length == 0 ? [] : sections.Contents(".debug_str");
        isCode = address => sections.Loads.Any(load => (load.Flags & Kernel.Loading.ElfSegment.Execute) != 0 && address - load.Address < load.MemorySize);
        int at = 0;
        while (at < lines.Length && rowCount < MostRows && ReadUnit(ref at))
        {
        }
        sequences.Sort(static (one, other) => one.Start.CompareTo(other.Start));
    }

    /// <summary>The line of an instruction, or null.</summary>
    /// <param name="pc">Its address without the load bias.</param>
    public (string File, int Line)? Find(uint pc)
    {
        int low = 0, high = sequences.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sequences[middle].Start <= pc) low = middle + 1;
            else high = middle;
        }
        // Sequences do not overlap where they are in order; a few that do are looked through.
        for (int back = 0; low - 1 - back >= 0 && back < 8; back++)
        {
            var found = sequences[low - 1 - back];
            if (pc >= found.End) continue;
            int first = 0, last = found.Rows.Length;
            while (first < last)
            {
                int middle = (first + last) / 2;
                if (found.Rows[middle].Address <= pc) first = middle + 1;
                else last = middle;
            }
            if (first == 0) continue;
            var row = found.Rows[first - 1];
            return row.Line > 0 && row.File >= 0 && row.File < files.Count ? (files[row.File], row.Line) : null;
        }
        return null;
    }

    bool ReadUnit(ref int at)
    {
        var cursor = new ByteCursor(lines, at);
        uint length = cursor.Word();
        if (length == uint.MaxValue || length > cursor.Left) return false;
        int end = cursor.Position + (int)length;
        at = end;
        cursor = new ByteCursor(lines.AsSpan(0, end), cursor.Position);
        int version = cursor.Half();
        if (version is < 2 or > 5) return true;
        // Version 5 says how long addresses and segment selectors are.
        if (version == 5 && (cursor.Byte() != 4 || cursor.Byte() != 0)) return true;
        uint headerLength = cursor.Word();
        long program = (long)cursor.Position + headerLength;
        var unit = new Unit { MinimumLength = cursor.Byte() };
        if (version >= 4 && cursor.Byte() != 1) return true;
        cursor.Byte();
        unit.LineBase = (sbyte)cursor.Byte();
        unit.LineRange = cursor.Byte();
        unit.OpcodeBase = cursor.Byte();
        if (unit.LineRange == 0 || unit.OpcodeBase == 0) return true;
        unit.Lengths = cursor.Take(unit.OpcodeBase - 1).ToArray();
        unit.Files = version == 5 ? ReadNames(ref cursor) : ReadOldNames(ref cursor);
        if (cursor.IsBad || program < cursor.Position) return true;
        cursor.Seek(program);
        Run(ref cursor, unit);
        return true;
    }

    List<int> ReadOldNames(ref ByteCursor cursor)
    {
        var directories = new List<string> { "" };
        while (cursor.Text() is { IsEmpty: false } name && directories.Count < MostFiles) directories.Add(Encoding.UTF8.GetString(name));
        var numbers = new List<int> { -1 };
        while (cursor.Text() is { IsEmpty: false } name && numbers.Count < MostFiles)
        {
            ulong directory = cursor.Unsigned();
            cursor.Unsigned();
            cursor.Unsigned();
            numbers.Add(NumberOf(directory < (ulong)directories.Count ? directories[(int)directory] : "", Encoding.UTF8.GetString(name)));
        }
        return numbers;
    }

    List<int> ReadNames(ref ByteCursor cursor)
    {
        var directories = ReadEntries(ref cursor).ConvertAll(static entry => entry.Path);
        string home = directories.Count > 0 ? directories[0] : "";
        for (int i = 1; i < directories.Count; i++) directories[i] = Join(home, directories[i]);
        return ReadEntries(ref cursor).ConvertAll(entry => NumberOf(entry.Directory < (ulong)directories.Count ? directories[(int)entry.Directory] : "", entry.Path));
    }

    List<(string Path, ulong Directory)> ReadEntries(ref ByteCursor cursor)
    {
        var found = new List<(string, ulong)>();
        int formats = cursor.Byte();
        if (formats > MostFormats) return found;
        var fields = new (ulong What, ulong Form)[formats];
        for (int i = 0; i < formats; i++) fields[i] = (cursor.Unsigned(), cursor.Unsigned());
        ulong count = cursor.Unsigned();
        for (ulong i = 0; i < count && !cursor.IsAtEnd && found.Count < MostFiles; i++)
        {
            string path = "";
            ulong directory = 0;
            foreach (var (what, form) in fields)
            {
                var (text, number) = ReadForm(ref cursor, form);
                if (what == Path) path = text;
                else if (what == Directory) directory = number;
            }
            found.Add((path, directory));
            if (formats == 0) break;
        }
        return found;
    }

    (string Text, ulong Number) ReadForm(ref ByteCursor cursor, ulong form)
    {
        switch (form)
        {
            case String: return (Encoding.UTF8.GetString(cursor.Text()), 0);
            case LineString: return (TextAt(lineStrings, cursor.Word()), 0);
            case StringOffset: return (TextAt(strings, cursor.Word()), 0);
            case Data1: return ("", cursor.Byte());
            case Data2: return ("", cursor.Half());
            case Data4: return ("", cursor.Word());
            case Data8: return ("", cursor.Long());
            case UnsignedData: return ("", cursor.Unsigned());
            case Data16:
                cursor.Take(16);
                return ("", 0);
            case Block:
                cursor.Take((long)Math.Min(cursor.Unsigned(), int.MaxValue));
                return ("", 0);
            default:
                // What has no length that is known ends the table.
                cursor.Seek(-1);
                return ("", 0);
        }
    }

    static string TextAt(byte[] table, uint offset)
    {
        if (offset >= table.Length) return "";
        var rest = table.AsSpan((int)offset);
        int end = rest.IndexOf((byte)0);
        return end < 0 ? "" : Encoding.UTF8.GetString(rest[..end]);
    }

    int NumberOf(string directory, string name)
    {
        string path = GuestText.WithoutControls(Join(directory, name), '.');
        if (fileNumbers.TryGetValue(path, out int number)) return number;
        if (files.Count >= MostFiles) return -1;
        files.Add(path);
        fileNumbers.Add(path, files.Count - 1);
        return files.Count - 1;
    }

    static string Join(string directory, string name) => directory.Length == 0 || name.StartsWith('/') ? name : $"{directory}/{name}";

    void Run(ref ByteCursor cursor, in Unit unit)
    {
        var rows = new List<Row>();
        uint address = 0;
        int file = 1, line = 1;
        while (!cursor.IsAtEnd && rowCount < MostRows)
        {
            byte code = cursor.Byte();
            if (code >= unit.OpcodeBase)
            {
                int adjusted = code - unit.OpcodeBase;
                address += (uint)(adjusted / unit.LineRange * unit.MinimumLength);
                line += unit.LineBase + adjusted % unit.LineRange;
                Add(rows, address, file, line, unit);
                continue;
            }
            switch (code)
            {
                case 0: // an extended one
                    long length = (long)Math.Min(cursor.Unsigned(), int.MaxValue), behind = cursor.Position + length;
                    byte extended = cursor.Byte();
                    if (extended == 1)
                    {
                        Close(rows, address);
                        (address, file, line) = (0, 1, 1);
                    }
                    else if (extended == 2)
                    {
                        address = cursor.Word();
                    }
                    cursor.Seek(behind);
                    break;
                case 1: Add(rows, address, file, line, unit); break;
                case 2: address += (uint)(cursor.Unsigned() * unit.MinimumLength); break;
                case 3: line = (int)(line + cursor.Signed()); break;
                case 4: file = (int)Math.Min(cursor.Unsigned(), int.MaxValue); break;
                case 5: cursor.Unsigned(); break;
                case 6 or 7 or 10 or 11: break;
                case 8: address += (uint)((255 - unit.OpcodeBase) / unit.LineRange * unit.MinimumLength); break;
                case 9: address += cursor.Half(); break;
                case 12: cursor.Unsigned(); break;
                default:
                    for (int i = 0; i < (code - 1 < unit.Lengths.Length ? unit.Lengths[code - 1] : 0); i++) cursor.Unsigned();
                    break;
            }
        }
    }

    void Add(List<Row> rows, uint address, int file, int line, in Unit unit)
    {
        rowCount++;
        rows.Add(new Row(address, file >= 0 && file < unit.Files.Count ? unit.Files[file] : -1, line));
    }

    void Close(List<Row> rows, uint end)
    {
        // Code that the linker left out lies at 0, or where no code is.
        bool isSound = rows.Count > 0 && rows[0].Address < end && isCode(rows[0].Address);
        for (int i = 1; isSound && i < rows.Count; i++) isSound = rows[i].Address >= rows[i - 1].Address && rows[i].Address <= end;
        if (isSound) sequences.Add(new Sequence(rows[0].Address, end, [.. rows]));
        rows.Clear();
    }
}
