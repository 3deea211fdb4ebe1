using System.Formats.Tar;
using System.Text;
using CheckpointRestart.Core.Files;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>A file of a tree that a tar file is made from.</summary>
public sealed record TarFile(string Path, uint Mode, uint Uid, uint Gid, Timespec Modified, byte[] Contents, string? Target, string? LinkTo, uint Device);

/// <summary>Random trees, written as tar files by our own writer and by .NET's, and what a machine must see of them.</summary>
internal static class TarTree
{
    public static List<TarFile> Random(int seed, bool isPlain)
    {
        var random = new Random(seed);
        var files = new List<TarFile>();
        var directories = new List<string> { "" };
        var regular = new List<TarFile>();
        int count = random.Next(1, 60);
        for (int index = 0; index < count; index++)
        {
            string parent = directories[random.Next(directories.Count)];
            string name = random.Next(8) switch
            {
                0 => new string((char)('a' + random.Next(26)), random.Next(90, 255)) + index,
                1 => "ünï€😀" + index,
                2 => " sp ace\n" + index,
                _ => "f" + index,
            };
            if (Encoding.UTF8.GetByteCount(name) > 255) name = name[..200] + index;
            string path = parent.Length == 0 ? name : parent + "/" + name;
            uint permissions = (uint)random.Next(0x1000);
            uint uid = random.Next(4) == 0 ? (uint)random.NextInt64(isPlain ? 1 << 21 : uint.MaxValue) : 0, gid = (uint)random.Next(70000);
            var time = new Timespec(isPlain ? random.Next() : random.NextInt64(-3_000_000_000, 9_000_000_000), isPlain ? 0 : (uint)random.Next(10_000_000) * 100);
            uint device = FileSystem.MakeDevice((uint)random.Next(4096), (uint)random.Next(256));
            byte[] bytes = new byte[random.Next(3) == 0 ? 0 : random.Next(20000)];
            random.NextBytes(bytes);
            TarFile file = new(path, 0, uid, gid, time, [], null, null, 0);
            switch (random.Next(10))
            {
                case 0 or 1:
                    file = file with { Mode = FileModeBits.Directory | permissions };
                    directories.Add(path);
                    break;
                case 2: file = file with { Mode = FileModeBits.SymbolicLink | 0x1FF, Target = "../" + new string('t', random.Next(1, 300)) }; break;
                case 3: file = file with { Mode = FileModeBits.Fifo | permissions }; break;
                case 4: file = file with { Mode = FileModeBits.CharacterDevice | permissions, Device = device }; break;
                case 5: file = file with { Mode = FileModeBits.BlockDevice | permissions, Device = device }; break;
                case 6 when regular.Count > 0:
                    var original = regular[random.Next(regular.Count)];
                    file = original with { Path = path, LinkTo = original.Path };
                    break;
                default:
                    file = file with { Mode = FileModeBits.Regular | permissions, Contents = bytes };
                    regular.Add(file);
                    break;
            }
            files.Add(file);
        }
        return files;
    }

    /// <summary>Writes with our own writer.</summary>
    public static void Write(IEnumerable<TarFile> files, string to)
    {
        using var stream = File.Create(to);
        var writer = new Core.Files.TarWriter(stream);
        foreach (var file in files)
        {
            var item = new TarItem
            {
                Name = file.Path,
                Mode = file.Mode,
                Uid = file.Uid,
                Gid = file.Gid,
                Modified = file.Modified,
                Device = file.Device,
                Target = file.Target,
                LinkTo = file.LinkTo,
            };
            if (file.LinkTo != null || (file.Mode & FileModeBits.TypeMask) != FileModeBits.Regular) writer.Add(item);
            else writer.Add(item, file.Contents);
        }
        writer.Finish();
    }

    /// <summary>Writes with .NET's writer.</summary>
    public static void Write(IEnumerable<TarFile> files, string to, TarEntryFormat format)
    {
        using var stream = File.Create(to);
        using var writer = new System.Formats.Tar.TarWriter(stream, format);
        foreach (var file in files)
        {
            var type = file.LinkTo != null ? TarEntryType.HardLink : (file.Mode & FileModeBits.TypeMask) switch
            {
                FileModeBits.Directory => TarEntryType.Directory,
                FileModeBits.SymbolicLink => TarEntryType.SymbolicLink,
                FileModeBits.Fifo => TarEntryType.Fifo,
                FileModeBits.CharacterDevice => TarEntryType.CharacterDevice,
                FileModeBits.BlockDevice => TarEntryType.BlockDevice,
                _ => TarEntryType.RegularFile,
            };
            string name = type == TarEntryType.Directory ? file.Path + "/" : file.Path;
            PosixTarEntry entry = format == TarEntryFormat.Gnu ? new GnuTarEntry(type, name) : new PaxTarEntry(type, name);
            entry.Mode = (UnixFileMode)(file.Mode & FileModeBits.Permissions);
            entry.Uid = (int)file.Uid;
            entry.Gid = (int)file.Gid;
            entry.ModificationTime = DateTimeOffset.UnixEpoch.AddSeconds(file.Modified.Seconds).AddTicks(file.Modified.Nanoseconds / 100);
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) entry.LinkName = file.LinkTo ?? file.Target!;
            if (type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
            {
                entry.DeviceMajor = (int)FileSystem.Major(file.Device);
                entry.DeviceMinor = (int)FileSystem.Minor(file.Device);
            }
            if (type == TarEntryType.RegularFile) entry.DataStream = new MemoryStream(file.Contents);
            writer.WriteEntry(entry);
        }
    }

    /// <summary>How the machine's view differs; null where it does not.</summary>
    public static string? Difference(IReadOnlyList<TarFile> files, TestMachine machine)
    {
        foreach (var file in files)
        {
            string path = "/" + file.Path;
            if (machine.Walk(path, WalkFlags.NoFollow) is var error && error != Errno.None) return $"{path}: {error}";
            var data = machine.Stat(path, WalkFlags.NoFollow);
            uint links = file.LinkTo == null && !files.Any(other => other.LinkTo == file.Path) ? 1 : 1 + (uint)files.Count(other => other.LinkTo == (file.LinkTo ?? file.Path));
            if ((file.Mode & FileModeBits.TypeMask) == FileModeBits.Directory)
                links = 2 + (uint)files.Count(other => (other.Mode & FileModeBits.TypeMask) == FileModeBits.Directory && Path.GetDirectoryName(other.Path) == file.Path);
            var expected = (file.Mode, file.Uid, file.Gid, file.Modified, file.Device, links);
            var actual = (data.Mode, data.Uid, data.Gid, data.ModifyTime, data.RepresentedDevice, data.Links);
            if (actual != expected) return $"{path}: {actual}, not {expected}";
            if (file.Target != null && (machine.Tree.ReadLink(machine.Find(path), out string target) != Errno.None || target != file.Target)) return path + ": another text";
            if ((file.Mode & FileModeBits.TypeMask) == FileModeBits.Regular && !machine.ReadBytes(path).AsSpan().SequenceEqual(file.Contents)) return path + ": other contents";
            if (file.LinkTo != null && machine.Stat("/" + file.LinkTo).Inode != data.Inode) return path + ": another inode";
        }
        foreach (var directory in files.Where(static file => (file.Mode & FileModeBits.TypeMask) == FileModeBits.Directory))
        {
            var names = files.Where(file => Path.GetDirectoryName(file.Path) == directory.Path).Select(static file => Path.GetFileName(file.Path)).Order(StringComparer.Ordinal);
            if (!machine.List("/" + directory.Path).Skip(2).SequenceEqual(names)) return directory.Path + ": other names";
        }
        return null;
    }
}
