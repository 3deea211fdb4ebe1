using System.Formats.Tar;
using System.Globalization;
using System.Text;

namespace CheckpointRestart.Core.Roots;

/// <summary>A .deb file: an ar archive with a tar file of control information and one of the files (deb(5)).</summary>
internal sealed class DebianPackage
{
    const int MostControl = 16 << 20;

    readonly (long Start, long Length) data;
    readonly HashSet<string> conffiles;

    DebianPackage(string path, IReadOnlyList<KeyValuePair<string, string>> fields, SortedDictionary<string, byte[]> controlFiles, (long, long) data)
    {
        Path = path;
        Fields = fields;
        ControlFiles = controlFiles;
        this.data = data;
        conffiles = controlFiles.TryGetValue("conffiles", out var list) ? [.. Encoding.UTF8.GetString(list).Split('\n')] : [];
        Name = Field("Package");
        Version = Field("Version");
        Architecture = Field("Architecture");
        if (Name.Length == 0 || Version.Length == 0 || Architecture.Length == 0) throw new RootException(path, "its control file has no Package, Version or Architecture");
        Dependencies = [.. Dependency.Parse(Field("Pre-Depends")), .. Dependency.Parse(Field("Depends"))];
    }

    /// <summary>The host's file.</summary>
    public string Path { get; }

    public string Name { get; }

    public string Version { get; }

    public string Architecture { get; }

    /// <summary>The control file's fields in its order; further lines of a value as they stand.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    /// <summary>Everything else of the control archive: maintainer scripts, conffiles, md5sums, triggers.</summary>
    public SortedDictionary<string, byte[]> ControlFiles { get; }

    /// <summary>Pre-Depends, then Depends.</summary>
    public IReadOnlyList<Dependency> Dependencies { get; }

    /// <summary>Configuration files that were found among the files, with their MD5 digests; filled in when it is unpacked.</summary>
    public SortedDictionary<string, string> Conffiles { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a path is listed as a configuration file.</summary>
    public bool IsConffile(string path) => conffiles.Contains(path);

    /// <summary>The name as dpkg's database has it: with the architecture where several may be installed.</summary>
    public string DatabaseName => Field("Multi-Arch") == "same" ? $"{Name}:{Architecture}" : Name;

    public string Field(string name)
    {
        foreach (var (key, value) in Fields)
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase)) return value;
        return "";
    }

    /// <exception cref="RootException">It is no package, or damaged.</exception>
    public static DebianPackage Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var members = Members(path, file);
            var control = Find(path, members, "control.tar");
            var files = ReadControl(new StreamWindow(file, control.Start, control.Length));
            if (!files.Remove("control", out var text)) throw new RootException(path, "it has no control file");
            return new DebianPackage(path, Stanza(Encoding.UTF8.GetString(text)), files, Find(path, members, "data.tar"));
        }
        catch (Exception error) when (Compression.IsDamage(error))
        {
            throw new RootException(path, $"its control archive is damaged ({error.Message})", error);
        }
    }

    /// <summary>The files' tar archive, uncompressed.</summary>
    public Stream OpenData() => Compression.Open(new StreamWindow(new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16), data.Start, data.Length));

    /// <summary>The fields of one stanza (deb-control(5)).</summary>
    internal static List<KeyValuePair<string, string>> Stanza(string text)
    {
        var fields = new List<KeyValuePair<string, string>>();
        foreach (string line in text.Split('\n'))
        {
            if (line.Length == 0) continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line[0] is ' ' or '\t')
            {
                if (fields.Count > 0) fields[^1] = new(fields[^1].Key, fields[^1].Value + "\n" + line);
            }
            else if (colon > 0)
            {
                fields.Add(new(line[..colon], line[(colon + 1)..].Trim()));
            }
        }
        return fields;
    }

    static SortedDictionary<string, byte[]> ReadControl(Stream stream)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        using var reader = new TarReader(Compression.Open(stream));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
            string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            if (name.Contains('/', StringComparison.Ordinal) || entry.Length > MostControl) throw new InvalidDataException($"'{entry.Name}' is no control file");
            var bytes = new byte[entry.Length];
            entry.DataStream?.ReadExactly(bytes);
            files[name] = bytes;
        }
        return files;
    }

    static (long Start, long Length) Find(string path, List<(string Name, long Start, long Length)> members, string name)
    {
        foreach (var member in members)
            if (member.Name.StartsWith(name, StringComparison.Ordinal)) return (member.Start, member.Length);
        throw new RootException(path, $"it has no {name}");
    }

    static List<(string Name, long Start, long Length)> Members(string path, FileStream file)
    {
        var members = new List<(string, long, long)>();
        var header = new byte[60];
        if (file.ReadAtLeast(header.AsSpan(0, 8), 8, throwOnEndOfStream: false) < 8 || !header.AsSpan(0, 8).SequenceEqual("!<arch>\n"u8))
            throw new RootException(path, "it is no Debian package: it does not begin with '!<arch>'");
        for (long at = 8; at < file.Length;)
        {
            file.Position = at;
            if (file.ReadAtLeast(header, 60, throwOnEndOfStream: false) < 60 || header[58] != '`' || header[59] != '\n')
                throw new RootException(path, $"at byte {at}: there is no header of an ar member");
            string name = Encoding.ASCII.GetString(header, 0, 16).TrimEnd(' ', '/');
            if (!long.TryParse(Encoding.ASCII.GetString(header, 48, 10).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long length) || length > file.Length - at - 60)
                throw new RootException(path, $"at byte {at}: member '{name}' is cut short");
            members.Add((name, at + 60, length));
            at += 60 + length + (length & 1);
        }
        return members;
    }
}
