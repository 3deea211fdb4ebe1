using System.Buffers.Binary;
using System.Text;

namespace CheckpointRestart.Core.Roots;

/// <summary>/etc/ld.so.cache as ldconfig(8) of glibc 2.36 writes it: the format "glibc-ld.so.cache1.1" (sysdeps/generic/dl-cache.h).</summary>
internal static class LibraryCache
{
    const int HeaderSize = 48;
    const int EntrySize = 24;
    const int Elf = 1, ElfLibC6 = 3;

    /// <summary>A file of a library directory.</summary>
    /// <param name="Name">In its directory.</param>
    /// <param name="IsLink">It is a symbolic link.</param>
    /// <param name="Library">The library, which a link leads to.</param>
    public readonly record struct Candidate(string Name, bool IsLink, SharedLibrary Library);

    public readonly record struct Entry(string Name, string Path, bool NeedsLibC);

    public static bool IsLibraryName(string name) =>
        (name.StartsWith("lib", StringComparison.Ordinal) || name.StartsWith("ld-", StringComparison.Ordinal)) && name.Contains(".so", StringComparison.Ordinal)
        && !name.EndsWith(".dpkg-new", StringComparison.Ordinal) && !name.EndsWith(".dpkg-tmp", StringComparison.Ordinal) && !name.EndsWith("-gdb.py", StringComparison.Ordinal);

    /// <summary>The entries of one directory: of several files with one soname, the file rather than a link, and the newest.</summary>
    public static IEnumerable<Entry> EntriesOf(string directory, IEnumerable<Candidate> candidates)
    {
        var best = new Dictionary<string, Candidate>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (var candidate in candidates)
        {
            string soName = candidate.Library.SoName ?? candidate.Name;
            // The link ld(1) uses, libx.so, and the one of the soname itself are entries of their own; other links count as files.
            bool isLink = candidate.IsLink && (candidate.Name == soName || (candidate.Name.EndsWith(".so", StringComparison.Ordinal) && soName.StartsWith(candidate.Name, StringComparison.Ordinal)));
            if (isLink) soName = candidate.Name;
            var found = candidate with { IsLink = isLink };
            if (!best.TryGetValue(soName, out var other)) order.Add(soName);
            else if (!((!isLink && other.IsLink) || (isLink == other.IsLink && Compare(other.Name, candidate.Name) < 0))) continue;
            best[soName] = found;
        }
        return order.Select(name => new Entry(name, directory + "/" + name, best[name].Library.NeedsLibC));
    }

    /// <summary>The file's bytes.</summary>
    /// <param name="entries">In the order of the directories.</param>
    public static byte[] Build(IEnumerable<Entry> entries)
    {
        var sorted = entries.OrderByDescending(static entry => entry.Name, Comparer<string>.Create(Compare)).ToArray();
        var strings = new MemoryStream();
        var places = new Dictionary<string, uint>(StringComparer.Ordinal);
        uint start = (uint)(HeaderSize + EntrySize * sorted.Length);
        var table = new byte[EntrySize * sorted.Length];
        for (int index = 0; index < sorted.Length; index++)
        {
            var at = table.AsSpan(EntrySize * index);
            // The name is the end of the path.
            uint path = Place(sorted[index].Path);
            BinaryPrimitives.WriteInt32LittleEndian(at, sorted[index].NeedsLibC ? ElfLibC6 : Elf);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], path + (uint)(Encoding.UTF8.GetByteCount(sorted[index].Path) - Encoding.UTF8.GetByteCount(sorted[index].Name)));
            BinaryPrimitives.WriteUInt32LittleEndian(at[8..], path);
        }
        var header = new byte[HeaderSize];
        "glibc-ld.so.cache1.1"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(20), sorted.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), (int)strings.Length);
        header[28] = 2; // little endian
        return [.. header, .. table, .. strings.ToArray()];

        uint Place(string text)
        {
            if (places.TryGetValue(text, out uint place)) return place;
            place = start + (uint)strings.Length;
            strings.Write(Encoding.UTF8.GetBytes(text));
            strings.WriteByte(0);
            places.Add(text, place);
            return place;
        }
    }

    /// <summary>_dl_cache_libcmp: numbers in names count as numbers. The linker searches by halves in this order, from the greatest.</summary>
    internal static int Compare(string a, string b)
    {
        int i = 0, j = 0;
        while (i < a.Length)
        {
            bool isDigit = char.IsAsciiDigit(a[i]), isOtherDigit = j < b.Length && char.IsAsciiDigit(b[j]);
            if (isDigit && isOtherDigit)
            {
                long first = 0, second = 0;
                while (i < a.Length && char.IsAsciiDigit(a[i])) first = unchecked((int)(first * 10 + a[i++] - '0'));
                while (j < b.Length && char.IsAsciiDigit(b[j])) second = unchecked((int)(second * 10 + b[j++] - '0'));
                if (first != second) return first.CompareTo(second);
            }
            else if (isDigit || isOtherDigit)
            {
                return isDigit ? 1 : -1;
            }
            else
            {
                int other = j < b.Length ? b[j] : 0;
                if (a[i] != other) return a[i] - other;
                i++;
                j++;
            }
        }
        return j < b.Length ? -b[j] : 0;
    }
}
