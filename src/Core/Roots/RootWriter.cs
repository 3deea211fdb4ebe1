using System.Formats.Tar;
using System.Security.Cryptography;
using CheckpointRestart.Core.Files;
using TarReader = System.Formats.Tar.TarReader;
using TarWriter = CheckpointRestart.Core.Files.TarWriter;

namespace CheckpointRestart.Core.Roots;

/// <summary>Writes a root's tar file, and remembers what is in it: names, links, and the contents of the few files that decide what else belongs there.</summary>
internal sealed class RootWriter(TarWriter tar)
{
    const int MostLinks = 40;
    const int MostKept = 1 << 16;

    /// <summary>Directories whose files are remembered, since the layout is made from them.</summary>
    static readonly string[] Kept = ["usr/share/base-files/", "usr/share/base-passwd/", "usr/share/debianutils/", "usr/share/libc-bin/", "etc/ld.so.conf"];

    readonly Dictionary<string, string> links = new(StringComparer.Ordinal);
    readonly Dictionary<string, (uint Mode, DebianPackage? Owner)> entries = new(StringComparer.Ordinal) { [""] = (FileModeBits.Directory, null) };

    /// <summary>Contents by path.</summary>
    public SortedDictionary<string, byte[]> Contents { get; } = new(StringComparer.Ordinal);

    /// <summary>Shared libraries by path, with what they say of themselves.</summary>
    public Dictionary<string, SharedLibrary> Libraries { get; } = new(StringComparer.Ordinal);

    public List<string> Warnings { get; } = [];

    /// <summary>The time of the newest file of a package: what is generated bears it.</summary>
    public Timespec Newest { get; private set; }

    /// <summary>Symbolic links by path.</summary>
    public IReadOnlyDictionary<string, string> Links => links;

    /// <summary>The place that a path really is, through the links above it. Relative, without a slash at either end.</summary>
    /// <param name="path">Relative or absolute.</param>
    /// <param name="follow">Also the last part is followed.</param>
    public string Resolve(string path, bool follow = false)
    {
        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var done = new List<string>();
        int followed = 0;
        while (pending.TryPop(out var part))
        {
            if (part == ".") continue;
            if (part == "..")
            {
                if (done.Count > 0) done.RemoveAt(done.Count - 1);
                continue;
            }
            done.Add(part);
            if ((pending.Count == 0 && !follow) || !links.TryGetValue(string.Join('/', done), out var target)) continue;
            if (++followed > MostLinks) break;
            if (target.StartsWith('/')) done.Clear();
            else done.RemoveAt(done.Count - 1);
            foreach (string next in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) pending.Push(next);
        }
        return string.Join('/', done);
    }

    public bool Has(string path) => entries.ContainsKey(Resolve(path, follow: true));

    /// <summary>True for a directory that is not empty, or another file.</summary>
    public bool HasFilesIn(string path)
    {
        string place = Resolve(path);
        if (!entries.TryGetValue(place, out var entry)) return false;
        return (entry.Mode & FileModeBits.TypeMask) != FileModeBits.Directory || entries.Keys.Any(name => name.StartsWith(place + "/", StringComparison.Ordinal));
    }

    public bool HasName(string path) => entries.ContainsKey(Resolve(path));

    public void Directory(string path, uint permissions = 0x1ED, uint gid = 0)
    {
        if (HasName(path)) return;
        string place = Resolve(path);
        tar.Add(new TarItem { Name = place, Mode = FileModeBits.Directory | permissions, Gid = gid, Modified = Newest });
        entries[place] = (FileModeBits.Directory, null);
    }

    public void File(string path, ReadOnlySpan<byte> contents, uint permissions = 0x1A4, uint gid = 0)
    {
        string place = Resolve(path);
        tar.Add(new TarItem { Name = place, Mode = FileModeBits.Regular | permissions, Gid = gid, Modified = Newest }, contents);
        entries[place] = (FileModeBits.Regular, null);
        links.Remove(place);
    }

    public void Link(string path, string target)
    {
        string place = Resolve(path);
        tar.Add(new TarItem { Name = place, Mode = FileModeBits.SymbolicLink | 0x1FF, Target = target, Modified = Newest });
        entries[place] = (FileModeBits.SymbolicLink, null);
        links[place] = target;
    }

    /// <summary>Unpacks a package.</summary>
    /// <returns>Its paths as dpkg lists them.</returns>
    /// <exception cref="RootException">It is damaged, or has what no package may have.</exception>
    public List<string> Unpack(DebianPackage package)
    {
        var list = new List<string>();
        string last = "";
        try
        {
            using var stream = package.OpenData();
            using var reader = new TarReader(stream);
            while (reader.GetNextEntry() is { } entry)
            {
                last = entry.Name;
                string path = Clean(package, entry.Name);
                list.Add(path.Length == 0 ? "/." : "/" + path);
                if (path.Length != 0) Add(package, entry, path);
            }
            return list;
        }
        catch (Exception error) when (Compression.IsDamage(error))
        {
            throw new RootException(package.Path, $"its files are damaged after '{last}' ({error.Message})", error);
        }
    }

    static string Clean(DebianPackage package, string name)
    {
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static part => part != ".").ToArray();
        if (name.StartsWith('/') || parts.Contains("..", StringComparer.Ordinal)) throw new RootException(package.Path, $"its entry '{name}' leads out of the root");
        return string.Join('/', parts);
    }

    void Add(DebianPackage package, TarEntry entry, string path)
    {
        string place = Resolve(path);
        var time = TimeOf(entry);
        if (time.CompareTo(Newest) > 0) Newest = time;
        uint type = TypeOf(package, entry);
        bool isThere = entries.TryGetValue(place, out var old);
        if (type == FileModeBits.Directory)
        {
            // A directory that is there, or a link to one, stays as it is.
            if (isThere) return;
        }
        else if (isThere && old.Owner != null && old.Owner != package)
        {
            if ((old.Mode & FileModeBits.TypeMask) == FileModeBits.Directory) throw new RootException(package.Path, $"its file '{path}' is a directory of {old.Owner.Name}");
            if (!Replaces(package, old.Owner))
            {
                bool keeps = Replaces(old.Owner, package);
                if (!keeps) Warnings.Add($"{package.Name} and {old.Owner.Name} both have /{path}; that of {package.Name} is taken");
                if (keeps) return;
            }
        }
        var item = new TarItem
        {
            Name = place,
            Mode = type | (uint)entry.Mode,
            Uid = (uint)entry.Uid,
            Gid = (uint)entry.Gid,
            Modified = time,
            Device = entry is PosixTarEntry { EntryType: TarEntryType.CharacterDevice or TarEntryType.BlockDevice } device ? FileSystem.MakeDevice((uint)device.DeviceMajor, (uint)device.DeviceMinor) : 0,
            Target = type == FileModeBits.SymbolicLink ? entry.LinkName : null,
            LinkTo = entry.EntryType == TarEntryType.HardLink ? Resolve(Clean(package, entry.LinkName)) : null,
        };
        entries[place] = (item.Mode, package);
        links.Remove(place);
        if (item.Target != null) links[place] = item.Target;
        if (item.LinkTo != null && Libraries.TryGetValue(item.LinkTo, out var linked)) Libraries[place] = linked;
        if (type == FileModeBits.Regular && item.LinkTo == null) AddContents(package, entry, item, path);
        else tar.Add(item);
    }

    void AddContents(DebianPackage package, TarEntry entry, TarItem item, string path)
    {
        var contents = entry.DataStream ?? Stream.Null;
        bool isLibrary = LibraryCache.IsLibraryName(path[(path.LastIndexOf('/') + 1)..]), isConffile = package.IsConffile("/" + path);
        bool isKept = Kept.Any(prefix => item.Name.StartsWith(prefix, StringComparison.Ordinal)) && entry.Length <= MostKept;
        if (!isLibrary && !isConffile && !isKept)
        {
            tar.Add(item, contents, entry.Length);
            return;
        }
        if (entry.Length > 1 << 28) throw new RootException(package.Path, $"its file '{path}' is too large");
        var bytes = new byte[entry.Length];
        contents.ReadExactly(bytes);
        tar.Add(item, bytes);
        if (isKept) Contents[item.Name] = bytes;
        if (isConffile) package.Conffiles["/" + path] = Digest(bytes);
        Libraries.Remove(item.Name);
        if (isLibrary && SharedLibrary.TryRead(bytes, out var library)) Libraries[item.Name] = library;
    }

    /// <summary>dpkg's records are in MD5.</summary>
    static string Digest(byte[] bytes)
    {
#pragma warning disable CA5351
        return Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351
    }

    static bool Replaces(DebianPackage package, DebianPackage other) =>
        Dependency.Parse(package.Field("Replaces")).SelectMany(static dependency => dependency.Alternatives).Any(relation => relation.Name == other.Name && relation.IsMetBy(other.Version));

    static uint TypeOf(DebianPackage package, TarEntry entry) => entry.EntryType switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.HardLink or TarEntryType.ContiguousFile => FileModeBits.Regular,
        TarEntryType.Directory => FileModeBits.Directory,
        TarEntryType.SymbolicLink => FileModeBits.SymbolicLink,
        TarEntryType.CharacterDevice => FileModeBits.CharacterDevice,
        TarEntryType.BlockDevice => FileModeBits.BlockDevice,
        TarEntryType.Fifo => FileModeBits.Fifo,
        _ => throw new RootException(package.Path, $"its entry '{entry.Name}' is of the type {entry.EntryType}, which is not supported"),
    };

    static Timespec TimeOf(TarEntry entry)
    {
        long ticks = (entry.ModificationTime - DateTimeOffset.UnixEpoch).Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        return rest < 0 ? new Timespec(seconds - 1, (uint)(rest + TimeSpan.TicksPerSecond) * 100) : new Timespec(seconds, (uint)rest * 100);
    }
}
